/* The receiving side: WebSocket clients (RFC 6455) that answer pings and hand every other frame to the checks. */
#ifndef SUBSCRIBERS_H
#define SUBSCRIBERS_H

/* Opens all sockets and waits for the first frame of each; ends the program when one is refused. Seconds it took. */
double subscribers_open(void);
extern long subscribers_lost;               /* sockets that were closed on us */
extern unsigned long long subscribers_bytes; /* received */
#endif
