// Hints of new mail. They say only that it is worth to look again: what there is, the page asks for itself.

// Browsers open six connections to a server and no more, for all tabs together. Where tabs can agree (not on plain HTTP
// to another machine), one of them listens for all; elsewhere a tab listens while it is looked at.
const TOGETHER = 'locks' in navigator && 'BroadcastChannel' in window
const HIDDEN_FOR = 30_000 // milliseconds
const REFUSED_FOR = 30_000

/**
 * Call `heard({ mails, more })` when mail was stored: in `inbox`, or in any inbox of the account when that is ''.
 * `again()` is called when hints may have been lost. Gives what ends it.
 */
export function listen(inbox, heard, again) {
  const path = `/events${inbox ? `?inbox=${encodeURIComponent(inbox)}` : ''}`
  return TOGETHER ? listenTogether(path, heard, again) : listenWhileSeen(path, heard, again)
}

function open(path, heard, again) {
  let timer = 0
  let source = null
  function begin() {
    source = new EventSource(path)
    source.addEventListener('open', again) // mail may have come after the page was made, or while nobody listened
    source.addEventListener('mail', (event) => heard(JSON.parse(event.data)))
    source.addEventListener('missed', again)
    source.addEventListener('error', () => {
      // Refused, and not only interrupted: browsers do not try again by themselves. The page looks why.
      if (source.readyState !== EventSource.CLOSED) return
      again()
      timer = setTimeout(begin, REFUSED_FOR)
    })
  }
  begin()
  return () => {
    clearTimeout(timer)
    source.close()
  }
}

function listenTogether(path, heard, again) {
  const channel = new BroadcastChannel(`mailsockd ${path}`)
  channel.addEventListener('message', ({ data }) => (data ? heard(data) : again()))
  const stop = new AbortController()
  let close = () => {}
  navigator.locks.request(`mailsockd ${path}`, { signal: stop.signal }, () => new Promise((resolve) => {
    const end = open(path, (hint) => {
      channel.postMessage(hint)
      heard(hint)
    }, () => {
      channel.postMessage(null)
      again()
    })
    close = () => {
      end()
      resolve()
    }
  })).catch(() => {}) // given up while another tab listened
  return () => {
    stop.abort()
    close()
    channel.close()
  }
}

function listenWhileSeen(path, heard, again) {
  let close = document.hidden ? null : open(path, heard, again)
  let timer = 0
  const changed = () => {
    clearTimeout(timer)
    if (document.hidden) {
      timer = setTimeout(() => {
        close?.()
        close = null
      }, HIDDEN_FOR)
    } else if (!close) {
      close = open(path, heard, again)
      again()
    }
  }
  document.addEventListener('visibilitychange', changed)
  return () => {
    document.removeEventListener('visibilitychange', changed)
    clearTimeout(timer)
    close?.()
  }
}
