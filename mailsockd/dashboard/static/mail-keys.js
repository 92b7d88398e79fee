// The keyboard of the mail pages. The focus is the cursor: it moves from message to message.

import { ask } from './ask.js'
import { change, star } from './mail-change.js'
import { count } from './mail-select.js'

const KEYS = [
  ['j', 'The next message'],
  ['k', 'The message before'],
  ['o or Enter', 'Open the message'],
  ['u', 'Back to the list'],
  ['x', 'Select the message'],
  ['s', 'Star the message, or take its star'],
  ['#', 'Delete the message, or the selected ones'],
  ['/', 'Search'],
  ['?', 'This help']
]

const root = document.querySelector('.mail')
const list = document.getElementById('list')
const opened = root.dataset.state === 'open'
const rows = () => [...list.querySelectorAll('.row')]
const link = (row) => row.querySelector('.open')
const chosen = () => list.querySelector('.row:has([aria-current])')
const hidden = () => !list.checkVisibility()

/** Give the row of the cursor: the one with the focus, else the one that is open. */
function here() {
  return document.activeElement?.closest('.row') || chosen()
}

function move(step) {
  const every = rows()
  if (!every.length) return
  const place = every.indexOf(here())
  const row = every[place < 0 ? 0 : Math.min(Math.max(place + step, 0), every.length - 1)]
  // Where the list is not seen, the next message itself is opened.
  if (hidden()) {
    if (row !== chosen()) location.assign(link(row).href)
    return
  }
  link(row).focus()
  row.scrollIntoView({ block: 'nearest' })
}

function back() {
  const up = document.getElementById('up')
  if (opened && up) location.assign(up.href)
  else document.activeElement?.blur()
}

async function starHere() {
  const button = document.getElementById('star-it')
  const row = here()
  if (opened && (!row || row === chosen()) && button) button.click()
  else if (row?.querySelector('.star')) await star(row)
}

async function deleteHere() {
  const ticked = rows().some((row) => row.querySelector('[name="message"]')?.checked)
  const bulk = list.querySelector('.bulk [value="delete"]')
  if (ticked && bulk) {
    list.requestSubmit(bulk)
    return
  }
  const row = here()
  const button = document.getElementById('delete-it')
  if (opened && (!row || row === chosen()) && button) {
    button.click()
    return
  }
  const name = row?.querySelector('[name="message"]')?.value
  if (!name || !(await ask('Delete this message for good?', 'Delete', true))) return
  const every = rows()
  const next = every[every.indexOf(row) + 1] || every[every.indexOf(row) - 1]
  if (await change({ do: 'delete' }, [name])) {
    row.remove()
    if (next) link(next).focus()
    else location.reload()
  }
}

function tick() {
  const box = here()?.querySelector('[name="message"]')
  if (!box) return
  box.checked = !box.checked
  count()
}

let dialog = null

/** Show what the keys do. */
export function help() {
  if (!dialog) {
    dialog = document.createElement('dialog')
    dialog.className = 'ask keys-dialog'
    dialog.setAttribute('aria-labelledby', 'keys-heading')
    const heading = document.createElement('h2')
    heading.id = 'keys-heading'
    heading.textContent = 'Keyboard'
    const keys = document.createElement('dl')
    for (const [key, words] of KEYS) {
      const [term, meaning, kbd] = ['dt', 'dd', 'kbd'].map((name) => document.createElement(name))
      kbd.textContent = key
      term.append(kbd)
      meaning.textContent = words
      keys.append(term, meaning)
    }
    const form = document.createElement('form')
    form.method = 'dialog'
    form.className = 'buttons'
    const close = document.createElement('button')
    close.textContent = 'Close'
    close.className = 'main'
    form.append(close)
    dialog.append(heading, keys, form)
    document.body.append(dialog)
  }
  dialog.showModal()
}

function search() {
  const field = document.getElementById('q')
  if (hidden()) back()
  field.focus()
  field.select()
}

const does = {
  j: () => move(1),
  k: () => move(-1),
  o: () => here() && link(here()).click(),
  u: back,
  x: tick,
  s: starHere,
  '#': deleteHere,
  '/': search,
  '?': help
}

document.addEventListener('keydown', (event) => {
  const typing = event.target.closest('input:not([type="checkbox"]), textarea, select, dialog')
  if (typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  const action = Object.hasOwn(does, event.key) ? does[event.key] : null
  if (!action || (event.repeat && !'jk'.includes(event.key))) return
  event.preventDefault()
  action()
})

const one = document.getElementById('one')
let sure = false
one?.addEventListener('submit', async (event) => {
  if (event.submitter?.value !== 'delete' || sure) return
  event.preventDefault()
  if (await ask('Delete this message for good?', 'Delete', true)) {
    sure = true
    one.requestSubmit(event.submitter)
  }
})
