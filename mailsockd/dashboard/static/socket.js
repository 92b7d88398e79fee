// The socket of one connection attempt, and why it ended, in words. Knows nothing of the page.

// What the close codes mean here (RFC 6455 section 7.4.1); 1006 is the browser's own word for "no close came".
const MEANINGS = {
  1000: 'The server closed the connection.',
  1001: 'The server is stopping or restarting.',
  1002: 'The server saw a protocol error.',
  1008: 'The server refused to go on.',
  1009: 'This page sent too much.',
  1011: 'Something went wrong inside the server.',
  1013: 'Mail came faster than this page could take it. Connect again; what was missed can be read by REST.'
}

/** The address of the socket of the server that this page comes from. */
export function socketAddress(key, addresses) {
  const url = new URL('/incoming-messages', location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  // URLSearchParams would turn a space into "+", which in an address is a plus sign.
  url.search = `key=${encodeURIComponent(key)}&addresses=${addresses.map(encodeURIComponent).join(',')}`
  return url.href
}

/** The same address without the key, to be shown. */
export function shownAddress(key, addresses) {
  const masked = key.length > 12 ? `…${key.slice(-4)}` : '…'
  return `${socketAddress('', []).split('?')[0]}?key=${masked}&addresses=${addresses.join(',')}`
}

/**
 * Open a socket. `on` has listening(frame, text), mail(frame, text), ended(reason): ended comes exactly once, with a
 * sentence. The answer has close(), after which nothing but ended comes.
 */
export function listen(key, addresses, on) {
  const socket = new WebSocket(socketAddress(key, addresses))
  let opened = false
  let asked = false
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
      refusal = `Refused (${frame.status}): ${frame.error || frame.message || 'no reason given'}`
    } else if (frame.msg === 'Listening') {
      on.listening(frame, event.data)
    } else {
      on.mail(frame, event.data)
    }
  })
  socket.addEventListener('close', async (event) => {
    if (asked) on.ended('')
    else if (refusal) on.ended(refusal)
    else if (event.code === 1006) on.ended(await unexplained(opened))
    else on.ended(ending(event))
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
  let answers = false
  try {
    await fetch('/incoming-messages', { cache: 'no-store', signal: AbortSignal.timeout(5000) })
    answers = true
  } catch {
    // The reason is the same for every way of failing: nobody is there.
  }
  if (!answers) return 'The server does not answer. Is it running?'
  if (opened) return 'The connection was cut without a word (1006), but the server answers: connect again.'
  return 'The server answers, but the socket could not be opened (1006). Either it has no room for another socket, ' +
    'or a proxy between here and there does not pass the headers Upgrade and Connection on.'
}
