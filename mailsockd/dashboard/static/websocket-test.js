// The Web Socket Test Page: the form, the state of the connection, and what goes with it.

import { arrive } from './arrivals.js'
import { shownJSON } from './card.js'
import { hideChoices, showChoices, ticked } from './choices.js'
import { copies } from './copy.js'
import { addresses as reserved, reserve, sendTestMail, switchOn } from './rest.js'
import { masked, program, shownProgram } from './snippets.js'
import { socketAddress } from './socket.js'
import { explain, log, notice, show } from './state.js'
import { stay } from './stay.js'

const REMEMBERED = 'mailsockd.websocket-test'
const ENDS = {
  400: 'Change what you typed and connect again.',
  401: 'Is the API key right?',
  403: 'The account may not listen to this.'
}

const at = (id) => document.getElementById(id)
const page = document.querySelector('.test')
const keyField = at('key')
const addressesField = at('addresses')
const example = addressesField.placeholder
const server = (page.dataset.url || location.origin).replace(/\/$/, '')

let connection = null
let lost = null
let again = false
let language = 'node'
let unmasked = false

const byKey = () => !at('as-session')?.checked
const key = () => (byKey() ? keyField.value.trim() : '')
const typed = () => addressesField.value.split(/[\s,;]+/).filter(Boolean)
const items = () => [...new Set([...ticked(), ...typed()])]
const clock = () => new Date().toLocaleTimeString()

function connect() {
  const wanted = items()
  at('notices').replaceChildren()
  at('send-result').textContent = ''
  explain(wanted.length ? '' : 'Tick an address, or type one.')
  if (!wanted.length) return
  if (byKey() && !key()) {
    explain('Type an API key of the account.')
    keyField.focus()
    return
  }
  remember()
  lost = null
  at('listens').textContent = wanted.join(', ')
  const own = key()
  connection = stay(own, wanted, {
    connecting: () => show('connecting', lost ? 'Connecting again…' : 'Connecting…'),
    listening: (frame, text) => opened(own, frame, text),
    mail: arrive,
    waiting(reason) {
      lost = lost || clock()
      log(reason)
      explain(reason)
      show('waiting', 'Disconnected')
    },
    counting(seconds) { at('seconds').textContent = seconds },
    ended({ reason, status }) {
      connection = null
      log(reason || 'Disconnected by you.')
      show(reason ? 'ended' : 'idle', reason ? 'Not connected' : 'Disconnected by you')
      explain(reason && `${reason.replace(/\.?$/, '.')} ${own ? ENDS[status] : sessionEnd(status)}`)
      if (reason) offerToReserve(own, reason)
      if (again) connect()
      again = false
    }
  })
}

/** Say how many there are of two things: number(['a'], 'cat', 'cats', [], 'dog', 'dogs') is "1 cat". */
function number(...things) {
  const said = []
  for (let at = 0; at < things.length; at += 3) {
    const count = things[at].length
    if (count) said.push(`${count} ${things[at + (count === 1 ? 1 : 2)]}`)
  }
  return said.join(' and ')
}

const sessionEnd = (status) => (status === 401 ? 'You are not signed in any more: reload the page.' : ENDS[status])

function opened(own, frame, text) {
  const all = [...frame.addresses, ...frame.domains]
  at('notices').replaceChildren()
  explain('')
  at('recipient').replaceChildren(...frame.addresses.filter((item) => !item.startsWith('*')).map((item) => new Option(item)))
  at('waiting-for').textContent = all.join(', ')
  at('socket-address').textContent = socketAddress(own && masked(own), all).replaceAll('%40', '@').replaceAll('%E2%80%A6', '…')
  at('listening-json').textContent = shownJSON(JSON.parse(text))
  at('listens').textContent = all.join(', ')
  show('open', `Listening to ${number(frame.addresses, 'address', 'addresses', frame.domains, 'domain', 'domains')}`)
  at('listening').hidden = false
  log(`Listening to ${all.join(', ')}.`)
  if (lost) notice('warn', `Mail that came between ${lost} and ${clock()} is not shown here. It is in the inbox.`)
  lost = null
  for (const { error } of frame.rejected || []) {
    notice('bad', error)
    offerToReserve(own, error)
  }
  for (const warning of frame.warnings || []) notice('warn', warning)
  if (frame.warnings) offerToSwitchOn(own, frame.addresses)
}

async function changed(own) {
  // The socket that ends says so before the next one is opened.
  again = Boolean(connection)
  if (!at('own').hidden) await showChoices(own, items()).catch(() => {})
  if (connection) connection.stop()
  else connect()
}

function offerToReserve(own, reason) {
  for (const [, email] of reason.matchAll(/(\S+@\S+) is not owned by this account/g)) {
    notice('ask', `If ${email} is still free, it can be yours.`, 'Reserve it', async () => {
      await reserve(own, email)
      await changed(own)
    })
  }
}

async function offerToSwitchOn(own, listening) {
  let silent
  try {
    silent = (await reserved(own)).filter((one) => !one.enablews && listening.includes(one._id))
  } catch {
    return // the warning is there; only the shortcut is not
  }
  for (const { _id: email } of silent) {
    notice('ask', `Forward mail for ${email} to web sockets?`, 'Switch it on', async () => {
      await switchOn(own, email)
      await changed(own)
    })
  }
}

// --- what stays in this tab, when asked

function remember() {
  try {
    if (at('remember').checked && byKey()) sessionStorage.setItem(REMEMBERED, keyField.value)
    else sessionStorage.removeItem(REMEMBERED)
  } catch {
    // A browser that keeps nothing is fine.
  }
}

function recall() {
  try {
    keyField.value = sessionStorage.getItem(REMEMBERED) || ''
    at('remember').checked = Boolean(keyField.value)
  } catch {
    // as above
  }
}

// --- who listens, and to what

async function choose(wanted) {
  let own = []
  try {
    own = await showChoices(key(), wanted)
  } catch (error) {
    explain(error.message)
  }
  const others = wanted.filter((one) => !own.includes(one))
  addressesField.value = [...new Set([...others, ...typed()])].join(', ')
  write()
}

function turnTo() {
  at('with-key').hidden = !byKey()
  explain('')
  hideChoices()
  if (!byKey()) choose([])
  write()
}

// --- programs to copy

function write() {
  const wanted = items()
  const named = wanted.length ? wanted : [example]
  const make = unmasked ? program : shownProgram
  at('snippet').textContent = make(language, key(), named, server)
  at('unmask').hidden = !key()
  at('copy-snippet').textContent = key() ? 'Copy with the key' : 'Copy'
  at('snippet-hint').textContent = key() ? '' : 'Put an API key in the place of YOUR_API_KEY.'
}

for (const button of document.querySelectorAll('[data-snippet]')) {
  button.addEventListener('click', () => {
    language = button.dataset.snippet
    for (const one of document.querySelectorAll('[data-snippet]')) one.ariaPressed = String(one === button)
    write()
  })
}
at('unmask').addEventListener('click', () => {
  unmasked = !unmasked
  at('unmask').textContent = unmasked ? 'Hide the key' : 'Show the key'
  at('unmask').ariaPressed = String(unmasked)
  write()
})
copies(at('copy-snippet'), () => program(language, key(), items().length ? items() : [example], server))

// --- wiring

at('connect').addEventListener('submit', (event) => {
  event.preventDefault()
  if (!connection) connect()
})
at('connect').addEventListener('input', write)
addressesField.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  at('connect').requestSubmit()
})
at('disconnect-button').addEventListener('click', () => connection?.stop())
at('now').addEventListener('click', () => {
  at('disconnect-button').focus()
  connection?.now()
})
at('remember').addEventListener('change', remember)
at('list').addEventListener('click', () => {
  explain(key() ? '' : 'Type an API key of the account.')
  if (key()) choose(typed())
})
for (const radio of document.querySelectorAll('#as input')) radio.addEventListener('change', turnTo)
at('show-key').addEventListener('click', () => {
  const hidden = keyField.type === 'password'
  keyField.type = hidden ? 'text' : 'password'
  at('show-key').textContent = hidden ? 'Hide' : 'Show'
  at('show-key').ariaPressed = String(hidden)
})
at('send').addEventListener('submit', async (event) => {
  event.preventDefault()
  const button = at('send-button')
  const result = at('send-result')
  button.disabled = true
  result.className = 'hint'
  result.textContent = 'Sending…'
  try {
    const { inbox, _id: id } = await sendTestMail(key(), at('recipient').value)
    result.textContent = `Stored for ${inbox} as ${id}.`
  } catch (error) {
    result.className = 'hint bad'
    result.textContent = error.message
  }
  button.disabled = false
  button.focus()
})

recall()
show('idle', 'Not connected')
at('with-key').hidden = !byKey()
const wanted = (new URLSearchParams(location.search.replaceAll('+', '%2B')).get('addresses') || '').split(',').filter(Boolean)
if (byKey()) addressesField.value = wanted.join(', ')
else choose(wanted)
write()
