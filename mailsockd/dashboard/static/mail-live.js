// New mail as it arrives: hints say that there is some, what it is, the page asks for itself.

import { listen } from './hints.js'
import { showRead, showStar } from './mail-change.js'
import { count } from './mail-select.js'
import { localise } from './times.js'

const PAUSE = 300 // milliseconds; what arrives within them is fetched at once
const MOST = 200 // rows that stay on the page
const MINUTE = 60_000
const TITLE = document.title

const root = document.querySelector('.mail')
const list = document.getElementById('messages')
const at = (id) => document.getElementById(id)

let arrived = 0
let timer = 0
let asking = false
let again = false

function soon() {
  if (asking) again = true
  else if (!timer) timer = setTimeout(look, PAUSE)
}

async function look() {
  timer = 0
  asking = true
  try {
    const answer = await fetch(root.dataset.list, { headers: { Accept: 'application/json' }, cache: 'no-store' })
    if (answer.redirected) location.reload() // the session is over: to sign in, and back
    else if (answer.ok) show(await answer.json())
  } catch {
    // The stream comes back by itself, and then the page looks again.
  }
  asking = false
  if (again) {
    again = false
    soon()
  }
}

function part(text, kind) {
  const made = document.createElement('span')
  made.className = kind
  made.textContent = text
  return made
}

function row(mail) {
  const made = at('row').content.querySelector('.row').cloneNode(true)
  made.dataset.id = mail.id
  made.dataset.seq = mail.seq
  made.classList.add('new')
  made.querySelector('.from bdi').textContent = mail.from
  made.querySelector('.subject bdi').textContent = mail.subject
  const inbox = made.querySelector('.to bdi')
  if (inbox) inbox.textContent = mail.inbox
  made.querySelector('.open').href = mail.href
  const [box, star, time] = ['[name="message"]', '.star', 'time'].map((name) => made.querySelector(name))
  box.value = star.value = mail.value
  box.setAttribute('aria-label', `Select ${mail.subject}`)
  star.setAttribute('aria-label', `Star ${mail.subject}`)
  time.dateTime = mail.received
  time.textContent = mail.age
  const marks = made.querySelector('.marks')
  for (const label of mail.labels) {
    const chip = part(label, 'chip')
    chip.dir = 'auto'
    marks.append(chip)
  }
  if (mail.attachments) {
    const clip = part('', 'clip')
    clip.title = mail.attachments === 1 ? '1 attachment' : `${mail.attachments} attachments`
    clip.append(part(clip.title, 'unseen'))
    marks.append(clip)
  }
  if (mail.folder !== 'inbox') marks.append(part(mail.folder, 'chip folder'))
  showRead(made, mail.read)
  showStar(made, mail.starred)
  localise(made)
  return made
}

function show({ tally, messages }) {
  const there = [...list.children]
  const known = new Set(there.map((one) => one.dataset.id))
  const newest = Math.max(0, ...there.map((one) => Number(one.dataset.seq)))
  const fresh = messages.filter((mail) => !known.has(mail.id) && mail.seq > newest)
  const told = document.querySelector('.tally')
  if (told) told.textContent = tally
  if (!fresh.length) return
  list.prepend(...fresh.map(row))
  for (const one of [...list.children].slice(MOST)) one.remove()
  at('empty')?.remove()
  document.querySelector('.bulk').hidden = false
  count()
  arrived += fresh.length
  document.title = `(${arrived}) ${TITLE}`
  at('announcement').textContent = fresh.length === 1
    ? `New mail from ${fresh[0].from}: ${fresh[0].subject}`
    : `${fresh.length} new mails, the last one from ${fresh[0].from}`
}

function age(time) {
  const minutes = Math.floor((Date.now() - new Date(time.dateTime)) / MINUTE)
  if (minutes < 1) return 'now'
  if (minutes < 60) return `${minutes} min`
  return minutes < 1440 ? `${Math.floor(minutes / 60)} h` : time.textContent
}

setInterval(() => {
  for (const time of list.querySelectorAll('time.age')) time.textContent = age(time)
}, MINUTE)

/** Count from nothing again when somebody looks. */
function seen() {
  if (!arrived) return
  arrived = 0
  document.title = TITLE
}

if (root.dataset.live && !new URL(root.dataset.list, location.href).searchParams.has('before')) {
  listen(root.dataset.inbox, soon, soon)
  document.addEventListener('keydown', seen)
  document.addEventListener('pointerdown', seen)
}
