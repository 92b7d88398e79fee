// The Web Socket Test Page: the form, the state, the notices, and the mails as they come.

import { card, mailOf, senderOf, shownJSON } from './card.js'
import { addresses as reserved, reserve, sendTestMail, switchOn } from './rest.js'
import { listen, shownAddress } from './socket.js'

const MOST_CARDS = 200
// The text of the frames on the page, in characters: a mail may have 25 MB.
const MOST_TEXT = 64_000_000
const REMEMBERED = 'mailsockd.websocket-test'

const at = (id) => document.getElementById(id)
const keyField = at('key')
const addressesField = at('addresses')

let connection = null
let count = 0
let dropped = 0
let arrived = []
const shown = []

function items() {
  return [...new Set(addressesField.value.split(/[\s,;]+/).filter(Boolean))]
}

// --- state and notices

function show(state, text) {
  at('state').dataset.state = state
  at('state-text').textContent = text
  const busy = state !== 'idle' && state !== 'ended'
  turn(busy)
  keyField.readOnly = addressesField.readOnly = busy
  at('or-send').hidden = at('send').hidden = state !== 'open' || !at('recipient').options.length
  at('empty-idle').hidden = state === 'open'
  at('empty-open').hidden = state !== 'open'
  document.title = state === 'open' && count ? `(${count}) Web Socket Test Page` : 'Web Socket Test Page'
}

function turn(busy) {
  const [on, off] = busy
    ? [at('disconnect-button'), at('connect-button')]
    : [at('connect-button'), at('disconnect-button')]
  on.disabled = false
  // A button that is disabled would drop the focus of whoever has just pressed it.
  if (document.activeElement === off) on.focus()
  off.disabled = true
}

function notice(kind, text, label, action) {
  const made = document.createElement('div')
  made.className = `notice ${kind}`
  const said = document.createElement('p')
  said.textContent = text
  made.append(said)
  if (label) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = label
    button.addEventListener('click', async () => {
      try {
        await action()
        at(connection ? 'disconnect-button' : 'connect-button').focus()
      } catch (error) {
        said.textContent = error.message
        made.className = 'notice bad'
      }
    })
    made.append(button)
  }
  at('notices').append(made)
}

// --- connecting

function connect() {
  const key = keyField.value.trim()
  const wanted = items()
  remember()
  at('notices').replaceChildren()
  at('listening').hidden = true
  at('send-result').textContent = ''
  show('connecting', 'Connecting…')
  let listening = false
  connection = listen(key, wanted, {
    listening(frame, text) {
      listening = true
      opened(key, frame, text)
    },
    mail: arrive,
    ended(reason) {
      connection = null
      if (!reason) {
        show('idle', 'Disconnected by you')
        return
      }
      show('ended', listening ? 'Disconnected' : 'Not connected')
      notice('bad', /^Refused \(401/.test(reason) ? `${reason} Is the API key right?` : reason)
      offerToReserve(key, reason)
    }
  })
}

function opened(key, frame, text) {
  const all = [...frame.addresses, ...frame.domains]
  at('recipient').replaceChildren(...frame.addresses.filter((item) => !item.startsWith('*')).map((item) => new Option(item)))
  at('waiting-for').textContent = all.join(', ')
  at('socket-address').textContent = shownAddress(key, all)
  at('listening-json').textContent = shownJSON(JSON.parse(text))
  at('listening').hidden = false
  show('open', all.length === 1 ? `Listening to ${all[0]}` : `Listening to ${all.length} addresses and domains`)
  for (const { error } of frame.rejected || []) {
    notice('bad', error)
    offerToReserve(key, error)
  }
  for (const warning of frame.warnings || []) notice('warn', warning)
  if (frame.warnings) offerToSwitchOn(key, frame.addresses)
}

function again() {
  if (connection) connection.close()
  // The socket that ends says so before the next one is opened.
  setTimeout(() => (connection ? again() : connect()), 20)
}

function offerToReserve(key, reason) {
  for (const [, email] of reason.matchAll(/(\S+@\S+) is not owned by this account/g)) {
    notice('ask', `If ${email} is still free, it can be yours.`, 'Reserve it', async () => {
      await reserve(key, email)
      again()
    })
  }
}

async function offerToSwitchOn(key, listening) {
  let silent
  try {
    silent = (await reserved(key)).filter((one) => !one.enablews && listening.includes(one._id))
  } catch {
    return // the warning is there; only the shortcut is not
  }
  for (const { _id: email } of silent) {
    notice('ask', `Forward mail for ${email} to web sockets?`, 'Switch it on', async () => {
      await switchOn(key, email)
      again()
    })
  }
}

// --- mail

function arrive(frame, text) {
  if (!arrived.length) setTimeout(draw, 30) // a burst is drawn at once
  arrived.push([frame, text])
}

function draw() {
  const batch = arrived
  arrived = []
  if (!batch.length) return
  count += batch.length
  dropped += Math.max(0, batch.length - MOST_CARDS)
  for (const [frame, text] of batch.slice(-MOST_CARDS)) {
    const made = card(frame, text)
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
  document.title = count && connection ? `(${count}) Web Socket Test Page` : 'Web Socket Test Page'
}

function clear() {
  arrived = []
  shown.length = 0
  count = dropped = 0
  at('cards').replaceChildren()
  at('empty').hidden = false
  at('announcement').textContent = 'The list is empty'
  tell()
  at('mails-heading').scrollIntoView({ block: 'nearest' })
}

// --- what stays in this tab, when asked

function remember() {
  try {
    if (at('remember').checked) {
      sessionStorage.setItem(REMEMBERED, JSON.stringify({ key: keyField.value, addresses: addressesField.value }))
    } else {
      sessionStorage.removeItem(REMEMBERED)
    }
  } catch {
    // A browser that keeps nothing is fine.
  }
}

function recall() {
  try {
    const found = JSON.parse(sessionStorage.getItem(REMEMBERED) || 'null')
    if (!found) return
    keyField.value = found.key
    addressesField.value = found.addresses
    at('remember').checked = true
  } catch {
    // as above
  }
}

// --- wiring

at('connect').addEventListener('submit', (event) => {
  event.preventDefault()
  if (!connection && items().length) connect()
})
addressesField.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  at('connect').requestSubmit()
})
at('disconnect-button').addEventListener('click', () => connection?.close())
at('remember').addEventListener('change', remember)
at('clear').addEventListener('click', clear)
at('show-key').addEventListener('click', () => {
  const hidden = keyField.type === 'password'
  keyField.type = hidden ? 'text' : 'password'
  at('show-key').textContent = hidden ? 'Hide' : 'Show'
  at('show-key').setAttribute('aria-pressed', String(hidden))
})
at('send').addEventListener('submit', async (event) => {
  event.preventDefault()
  const button = at('send-button')
  const result = at('send-result')
  button.disabled = true
  result.className = 'hint'
  result.textContent = 'Sending…'
  try {
    const { _id: id, inbox } = await sendTestMail(keyField.value.trim(), at('recipient').value)
    result.textContent = `Stored for ${inbox} as ${id}.`
  } catch (error) {
    result.className = 'hint bad'
    result.textContent = error.message
  }
  button.disabled = false
})
recall()
show('idle', 'Not connected')
