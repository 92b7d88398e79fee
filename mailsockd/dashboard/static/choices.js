// The account's addresses, to be ticked: each says whether its mail goes to sockets, and where that is set.

import { addresses } from './rest.js'

const MOST = 500 // boxes; of more addresses the rest is typed

const at = (id) => document.getElementById(id)

function choice({ _id: address, enablews }, ticked, signedIn) {
  const item = document.createElement('li')
  const label = document.createElement('label')
  label.className = 'tick'
  const box = document.createElement('input')
  box.type = 'checkbox'
  box.value = address
  box.checked = ticked.has(address)
  const name = document.createElement('span')
  name.textContent = address
  label.append(box, ' ', name)
  const state = document.createElement(signedIn ? 'a' : 'span')
  state.className = enablews ? 'badge' : 'badge off'
  state.textContent = enablews ? 'WS' : 'off'
  state.title = enablews ? 'Mail goes to web sockets' : 'Mail does not go to web sockets yet'
  if (signedIn) {
    state.href = `/addresses/${encodeURIComponent(address)}`
    state.ariaLabel = `${state.textContent}: settings of ${address}`
  }
  item.append(label, state)
  return item
}

/** The ticked addresses. */
export function ticked() {
  return [...at('choices').querySelectorAll('input:checked')].map((box) => box.value)
}

/** Forget the list. */
export function hideChoices() {
  at('own').hidden = true
  at('choices').replaceChildren()
  at('addresses-label').textContent = 'Addresses or domains'
}

/** List the addresses of a key's account, or with "" of the session's; those in `wanted` are ticked. */
export async function showChoices(key, wanted) {
  const say = at('own-state')
  at('own').hidden = false
  say.textContent = 'Loading the addresses…'
  let found
  try {
    found = await addresses(key)
  } catch (error) {
    hideChoices()
    throw error
  }
  const on = new Set([...wanted, ...ticked()])
  at('choices').replaceChildren(...found.slice(0, MOST).map((one) => choice(one, on, !key)))
  if (found.length === 1) at('choices').querySelector('input').checked = true
  at('addresses-label').textContent = 'Other addresses or domains'
  say.textContent = found.length > MOST ? `The first ${MOST} of ${found.length.toLocaleString()}; type the others.`
    : found.length ? '' : 'The account has no address yet. Type one that you want: the page offers to reserve it.'
  say.hidden = !say.textContent
  return found.map(({ _id }) => _id)
}
