// One mail as a card. Everything that came by mail is put in as text, never as markup.

import { copies } from './copy.js'

const LONGEST_SHOWN = 20_000

function make(name, options = {}, ...children) {
  const { dataset, ...properties } = options
  const made = Object.assign(document.createElement(name), properties)
  Object.assign(made.dataset, dataset)
  made.append(...children)
  return made
}

/** A mail is the frame itself, or its `email` when the server is set to nested frames. */
export function mailOf(frame) {
  return frame.email && !frame._id ? frame.email : frame
}

function person({ address, name }) {
  return name ? `${name} <${address}>` : address || '(no sender)'
}

export function senderOf(mail) {
  return person(mail.from?.[0] || {})
}

function size(bytes) {
  if (bytes < 1000) return `${bytes} bytes`
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** JSON to look at: long strings are cut, and say so. */
export function shownJSON(value) {
  const cut = (_, part) => typeof part === 'string' && part.length > LONGEST_SHOWN
    ? `${part.slice(0, LONGEST_SHOWN)}… (${(part.length - LONGEST_SHOWN).toLocaleString()} more characters)`
    : part
  return JSON.stringify(value, cut, 2)
}

function time(received) {
  const when = new Date(received)
  const today = when.toDateString() === new Date().toDateString()
  const shown = today ? when.toLocaleTimeString() : when.toLocaleString()
  return make('time', { dateTime: received, title: received, textContent: shown })
}

function line(term, text) {
  return [make('dt', { textContent: term }), make('dd', { dir: 'auto' }, text)]
}

/** From the server's clock to this one's, when both seem right. */
function delay(received, when) {
  const passed = when - Date.parse(received)
  if (!(passed >= 0 && passed < 60_000)) return ''
  return passed < 1000 ? `here after ${passed} ms` : `here after ${(passed / 1000).toFixed(1)} s`
}

/** The card of one frame; `text` is the frame as it came, `when` the moment at which it did. */
export function card(frame, text, when) {
  const mail = mailOf(frame)
  const heading = make('h3', { dir: 'auto', textContent: mail.subject || '(no subject)' })
  if (!mail.subject) heading.className = 'none'
  const facts = make('dl', { className: 'facts' },
    ...line('From', senderOf(mail)),
    ...line('To', (mail.to || []).map(person).join(', ') || '(nobody named)'))
  const named = (mail.to || []).some(({ address }) => address.toLowerCase() === mail.inbox)
  if (!named) facts.append(...line('Inbox', mail.inbox))
  const said = (mail.text || '').trim()
  const notes = [delay(mail.received, when), size(mail.size)].filter(Boolean)
  const attached = (mail.attachments || []).length
  if (attached) notes.push(attached === 1 ? '1 attachment' : `${attached} attachments`)
  if (mail.rtls) notes.push('received over TLS')
  return make('li', { className: 'card', tabIndex: -1 },
    make('article', {},
      make('header', {}, heading, time(mail.received)),
      facts,
      said ? body(said) : make('p', { className: 'none', textContent: '(no text)' }),
      make('footer', {}, make('span', { className: 'hint', textContent: notes.join(' · ') }), json(frame, text))))
}

function body(said) {
  const shown = make('p', { className: 'text', dir: 'auto', textContent: said.slice(0, LONGEST_SHOWN) })
  if (said.length > LONGEST_SHOWN) shown.append('…')
  const lines = said.split('\n', 16).length
  if (lines < 16 && said.length < 1200) return shown
  shown.classList.add('folded')
  const more = make('button', { type: 'button', className: 'quiet', textContent: 'Show all of the text' })
  more.addEventListener('click', () => {
    shown.classList.remove('folded')
    shown.tabIndex = -1
    shown.focus()
    more.remove()
  })
  return make('div', { className: 'fold' }, shown, more)
}

function json(frame, text) {
  const pre = make('pre', { className: 'json', tabIndex: 0, ariaLabel: 'The frame as JSON' })
  const copy = make('button', { type: 'button', className: 'quiet', textContent: 'Copy the frame as it came' })
  const details = make('details', {}, make('summary', { textContent: 'JSON' }), pre)
  details.addEventListener('toggle', () => {
    // A large frame costs its room on the page only while somebody looks.
    pre.textContent = details.open ? shownJSON(frame) : ''
  })
  copies(copy, () => text)
  details.append(copy)
  return details
}
