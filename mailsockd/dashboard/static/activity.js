// Recent Activity as it happens: asks for what is new every few seconds, and shows it when nobody is reading.

import { localise } from './times.js'

const PAUSE = 3000
const LONGEST = 60000
const MOST = 500 // events that stay on the page

const button = document.getElementById('live')
const state = document.getElementById('live-state')
const list = document.getElementById('events').querySelector('ol')
const fresh = document.getElementById('fresh')
const template = document.getElementById('event')
let newest = button.dataset.newest
let timer = null
let pause = PAUSE
let held = []

function part(tag, text, kind = '') {
  const element = document.createElement(tag)
  element.className = kind
  element.textContent = text
  return element
}

function link(text, href) {
  const element = part('a', text)
  element.href = href
  return element
}

function made(event) {
  const item = template.content.querySelector('li').cloneNode(true)
  item.classList.add('new')
  item.querySelector('.mood').classList.add(event.mood)
  item.querySelector('.unseen').textContent = event.moodWords
  item.querySelector('bdi').textContent = event.sentence
  item.querySelector('time').dateTime = event.at
  if (event.advice) {
    const advice = part('p', event.advice.text, 'advice')
    if (event.advice.href) advice.append(' ', link(event.advice.label, event.advice.href))
    item.querySelector('.what').append(advice)
  }
  const facts = item.querySelector('dl')
  for (const [label, text, href] of event.facts) {
    const value = document.createElement('dd')
    value.append(href ? link(text, href) : part('bdi', text))
    facts.append(part('dt', label), value)
  }
  localise(item)
  return item
}

function reading() {
  return window.scrollY > 200 || list.querySelector('details[open]') !== null || list.contains(document.activeElement)
}

function show() {
  if (!held.length) return
  state.textContent = held.length === 1 ? '1 new event' : `${held.length} new events`
  list.prepend(...held.map(made))
  while (list.children.length > MOST) list.lastElementChild.remove()
  document.getElementById('empty')?.remove()
  held = []
  fresh.hidden = true
}

function came(events) {
  if (!events.length) return
  newest = events[0].id
  held = [...events, ...held].slice(0, MOST)
  if (!reading()) return show()
  fresh.textContent = held.length === 1 ? 'Show 1 new event' : `Show ${held.length} new events`
  fresh.hidden = false
}

async function ask() {
  timer = null
  const path = new URL(button.dataset.live, location.href)
  path.searchParams.set('after', newest)
  try {
    const answer = await fetch(path, { redirect: 'manual', headers: { Accept: 'application/json' } })
    if (answer.type === 'opaqueredirect') return ended('You are signed out: reload the page to sign in again.')
    if (!answer.ok) throw new Error(`status ${answer.status}`)
    came((await answer.json()).events)
    if (pause > PAUSE) state.textContent = ''
    pause = PAUSE
  } catch {
    pause = Math.min(pause * 2, LONGEST)
    state.textContent = `The server does not answer; asked again in ${pause / 1000} s.`
  }
  wait()
}

function wait() {
  if (timer === null && button.getAttribute('aria-pressed') === 'true' && !document.hidden) {
    timer = setTimeout(ask, pause)
  }
}

function ended(reason) {
  button.setAttribute('aria-pressed', 'false')
  button.hidden = true
  state.textContent = reason
}

function press(on) {
  button.setAttribute('aria-pressed', String(on))
  clearTimeout(timer)
  timer = null
  wait()
}

if (button.dataset.live) {
  button.hidden = false
  button.addEventListener('click', () => {
    const on = button.getAttribute('aria-pressed') !== 'true'
    state.textContent = on ? '' : 'Paused'
    press(on)
  })
  fresh.addEventListener('click', () => {
    show()
    window.scrollTo({ top: 0 })
  })
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) {
      clearTimeout(timer)
      timer = null
    } else {
      wait()
    }
  })
  press(true)
}
