// The socket of one attempt, and why it ended, in words. Knows nothing of the page.

// What the close codes mean here (RFC 6455 section 7.4.1); 1006 is the browser's own word for "no close came".
const MEANINGS = {
  1000: 'The server closed the connection.',
  1001: 'The server is stopping or restarting.',
  1002: 'The server saw a protocol error.',
  1008: 'The server refused to go on.',
  1009: 'This page sent too much.',
  1011: 'Something went wrong inside the server.',
  1013: 'Mail came faster than this page could take it.'
}

/** The query of a socket. URLSearchParams would turn a space into "+", which in an address is a plus sign. */
export function socketQuery(key, addresses) {
  const names = addresses.map(encodeURIComponent).join(',')
  return `${key ? `key=${encodeURIComponent(key)}&` : ''}addresses=${names}`
}

/** The address of the socket of a server, which is the one that this page comes from if none is named. */
export function socketAddress(key, addresses, server = location.href) {
  const url = new URL(server)
  const scheme = url.protocol === 'https:' ? 'wss:' : 'ws:'
  const folder = server === location.href ? '' : url.pathname.replace(/\/$/, '')
  return `${scheme}//${url.host}${folder}/incoming-messages?${socketQuery(key, addresses)}`
}

/**
 * Open a socket; without a key the browser's session speaks for it. `on` has listening(frame, text),
 * mail(frame, text) and ended({reason, status}): that comes exactly once, with a sentence, and the status of a refusal
 * or 0. The answer has close(), after which nothing but ended comes, with no reason.
 */
export function listen(key, addresses, on) {
  const socket = new WebSocket(socketAddress(key, addresses))
  let opened = false
  let asked = false
  let status = 0
  let refusal = ''

  socket.addEventListener('open', () => { opened = true })
  socket.addEventListener('message', (event) => {
    if (asked) return
    let frame
    try {
      frame = JSON.parse(event.data)
    } catch {
      refusal = 'The server sent something that is not JSON.'
      socket.close()
      return
    }
    if (frame.status !== 200) {
      status = frame.status
      refusal = `Refused (${frame.status}): ${frame.error || frame.message || 'no reason given'}`
    } else if (frame.msg === 'Listening') {
      on.listening(frame, event.data)
    } else {
      on.mail(frame, event.data)
    }
  })
  socket.addEventListener('close', async (event) => {
    let reason = refusal || ending(event)
    if (!refusal && event.code === 1006 && !asked) reason = await unexplained(opened)
    on.ended({ reason: asked ? '' : reason, status })
  })
  return {
    close() {
      asked = true
      socket.close(1000)
    }
  }
}

function ending(event) {
  const meaning = MEANINGS[event.code] || 'The connection was closed.'
  return `${meaning} (${event.code}${event.reason ? `: ${event.reason}` : ''})`
}

/** Browsers tell a page nothing of a failed upgrade, so ask the same server by plain HTTP what can be known. */
async function unexplained(opened) {
  if (!navigator.onLine) return 'This computer is offline.'
  try {
    await fetch(document.querySelector('link[rel="icon"]').href, { cache: 'no-store', signal: AbortSignal.timeout(5000) })
  } catch {
    // The reason is the same for every way of failing: nobody is there.
    return 'The server does not answer. Is it running?'
  }
  if (opened) return 'The connection was cut without a word (1006), but the server answers.'
  return 'The server answers, but the socket could not be opened (1006). Either it has no room for another socket, ' +
    'or a proxy between here and there does not pass the headers Upgrade and Connection on.'
}
