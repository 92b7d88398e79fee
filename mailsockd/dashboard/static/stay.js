// Stays connected until it is told to stop. Only what cannot get better by waiting ends it.

import { listen } from './socket.js'

const FIRST = 1 // seconds before the second attempt; each further one waits twice as long
const LONGEST = 60
const CROWDED = 15 // at least so long after a refusal for want of room
const STEADY = 10_000 // milliseconds of listening after which the next pause is short again
const FOR_EVER = [400, 401, 403]

/** The pause before an attempt, in seconds: somewhere in its upper half, so that many pages do not come at once. */
export function pause(failures, status, random = Math.random()) {
  const whole = Math.max(Math.min(LONGEST, FIRST * 2 ** failures), status === 429 ? CROWDED : 0)
  return whole * (0.5 + random / 2)
}

/**
 * Listen, and listen again whenever the connection ends. `on` has connecting(), listening(frame, text),
 * mail(frame, text), waiting(reason), counting(seconds), ended({reason, status}). `ended` comes once, with no reason
 * after stop(). The answer has stop() and now().
 */
export function stay(key, addresses, on) {
  let failures = 0
  let since = 0
  let due = 0
  let timer = 0
  let socket = null
  let stopped = false

  function attempt() {
    clearInterval(timer)
    timer = 0
    since = 0
    on.connecting()
    socket = listen(key, addresses, {
      listening(frame, text) {
        since = Date.now()
        on.listening(frame, text)
      },
      mail: on.mail,
      ended
    })
  }

  function ended({ reason, status }) {
    socket = null
    if (stopped || FOR_EVER.includes(status)) {
      leave()
      on.ended({ reason: stopped ? '' : reason, status })
      return
    }
    if (since && Date.now() - since > STEADY) failures = 0
    due = Date.now() + 1000 * pause(failures, status)
    failures += 1
    on.waiting(reason)
    count()
    timer = setInterval(count, 250)
  }

  function count() {
    const left = due - Date.now()
    if (left <= 0) attempt()
    else on.counting(Math.ceil(left / 1000))
  }

  function now() {
    if (timer) attempt()
  }

  function leave() {
    clearInterval(timer)
    timer = 0
    removeEventListener('online', now)
  }

  addEventListener('online', now)
  attempt()
  return {
    now,
    stop() {
      stopped = true
      if (socket) socket.close()
      else if (timer) {
        leave()
        on.ended({ reason: '', status: 0 })
      }
    }
  }
}
