// The settings pages: questions before what cannot be undone, and the secret that is shown when asked for.

import './ask.js'

const secret = document.getElementById('secret')
const show = document.getElementById('show-secret')
const copy = document.getElementById('copy-secret')

if (secret && show && copy) {
  const masked = secret.textContent
  show.hidden = copy.hidden = false
  show.addEventListener('click', () => {
    const hidden = secret.textContent === masked
    secret.textContent = hidden ? secret.dataset.secret : masked
    show.textContent = hidden ? 'Hide' : 'Show'
  })
  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(secret.dataset.secret)
      copy.textContent = 'Copied'
    } catch {
      copy.textContent = 'The browser did not allow it'
    }
    setTimeout(() => { copy.textContent = 'Copy' }, 2000)
  })
}
