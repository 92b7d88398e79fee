// Several messages at once: all of the page with one tick, how many are ticked, and a question before they are deleted.

import { ask } from './ask.js'
import { star } from './mail-change.js'

const list = document.getElementById('list')
const all = document.getElementById('all')
const bulk = list.querySelector('.bulk')
const boxes = () => [...list.querySelectorAll('[name="message"]')]

/** Show how many are ticked. */
export function count() {
  if (!all) return
  const every = boxes()
  const ticked = every.filter((box) => box.checked).length
  all.checked = ticked > 0 && ticked === every.length
  all.indeterminate = ticked > 0 && ticked < every.length
  bulk.classList.toggle('some', ticked > 0)
}

if (all) {
  all.closest('label').hidden = false
  all.addEventListener('change', () => {
    for (const box of boxes()) box.checked = all.checked
    count()
  })
}

let last = null
list.addEventListener('click', (event) => {
  const box = event.target
  if (box.name !== 'message') return
  if (event.shiftKey && last) {
    const every = boxes()
    const [from, to] = [every.indexOf(last), every.indexOf(box)].sort((one, other) => one - other)
    for (const between of every.slice(Math.max(from, 0), to + 1)) between.checked = box.checked
  }
  last = box
  count()
})

let sure = false
list.addEventListener('submit', async (event) => {
  const button = event.submitter
  if (button?.name === 'star') {
    event.preventDefault()
    await star(button.closest('.row'))
  } else if (button?.value === 'delete' && !sure) {
    const ticked = boxes().filter((box) => box.checked).length
    if (!ticked) return // the server says that none is
    event.preventDefault()
    const what = ticked === 1 ? 'the selected message' : `the ${ticked} selected messages`
    if (await ask(`Delete ${what} for good?`, 'Delete', true)) {
      sure = true
      list.requestSubmit(button)
    }
  }
})

count()
