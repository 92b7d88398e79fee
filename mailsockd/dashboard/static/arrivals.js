// The list of mails as they come: drawn in bursts, bounded, and told to whoever listens instead of looking.

import { card, mailOf, senderOf } from './card.js'

const MOST_CARDS = 200
// The text of the frames on the page, in characters: a mail may have 25 MB.
const MOST_TEXT = 64_000_000
const BURST = 30 // milliseconds; what comes within them is drawn at once
const TITLE = document.title

const at = (id) => document.getElementById(id)

let count = 0
let dropped = 0
let arrived = []
const shown = []

/** Take a frame, as value and as text, that came just now. */
export function arrive(frame, text) {
  if (!arrived.length) setTimeout(draw, BURST)
  arrived.push([frame, text, Date.now()])
}

function draw() {
  const batch = arrived
  arrived = []
  if (!batch.length) return
  count += batch.length
  dropped += Math.max(0, batch.length - MOST_CARDS)
  for (const [frame, text, when] of batch.slice(-MOST_CARDS)) {
    const made = card(frame, text, when)
    at('cards').prepend(made)
    shown.unshift({ made, length: text.length })
  }
  let room = MOST_TEXT
  const kept = shown.findIndex(({ length }, place) => {
    room -= length
    return place > 0 && (place >= MOST_CARDS || room < 0)
  })
  if (kept > 0) {
    for (const { made } of shown.splice(kept)) {
      made.remove()
      dropped += 1
    }
  }
  const last = mailOf(batch[batch.length - 1][0])
  at('announcement').textContent = batch.length === 1
    ? `Mail from ${senderOf(last)}: ${last.subject || 'no subject'}`
    : `${batch.length} mails arrived, the last one from ${senderOf(last)}`
  at('empty').hidden = true
  tell()
}

function tell() {
  at('count').hidden = at('clear').hidden = !count
  at('count').textContent = count.toLocaleString()
  at('cards').start = count
  at('dropped').hidden = !dropped
  at('dropped').textContent = `${dropped.toLocaleString()} older ${dropped === 1 ? 'mail is' : 'mails are'} no longer shown.`
  document.title = count ? `(${count}) ${TITLE}` : TITLE
}

at('clear').addEventListener('click', () => {
  arrived = []
  shown.length = 0
  count = dropped = 0
  at('cards').replaceChildren()
  at('empty').hidden = false
  at('announcement').textContent = 'The list is empty'
  tell()
  at('mails-heading').scrollIntoView({ block: 'nearest' })
  // The button is gone now, and with it the focus of whoever pressed it.
  at('mails-heading').tabIndex = -1
  at('mails-heading').focus({ preventScroll: true })
})
