// Buttons that copy, and say whether the browser let them. Those with data-copies copy the text of the element with
// that id, and are there with a script alone.

const SAID = 2000 // milliseconds for which a button says so

/** Have a button copy what `text` gives; without a clipboard, as on a page without TLS, the button is not there. */
export function copies(button, text) {
  button.hidden = !navigator.clipboard
  const label = button.textContent
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text())
      button.textContent = 'Copied'
    } catch {
      button.textContent = 'The browser did not allow it'
    }
    setTimeout(() => { button.textContent = label }, SAID)
  })
}

for (const button of document.querySelectorAll('button[data-copies]')) {
  copies(button, () => document.getElementById(button.dataset.copies).textContent)
}
