/* The sending side, by SMTP or by HTTP POST. Both number their mails from the ledger and tell it what happened. */
#ifndef SENDERS_H
#define SENDERS_H

void smtp_start(void);
void smtp_resume(void); /* lockstep: send the next one if the books are idle */
int smtp_alive(void);   /* connections that are open */

void post_start(void);
void post_resume(void);
int post_alive(void);
#endif
