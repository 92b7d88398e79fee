// Buttons with data-copies copy the text of the element with that id. They are there with a script alone.

for (const button of document.querySelectorAll('button[data-copies]')) {
  const label = button.textContent
  button.hidden = false
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copies).textContent)
      button.textContent = 'Copied'
    } catch {
      button.textContent = 'The browser did not allow it'
    }
    setTimeout(() => { button.textContent = label }, 2000)
  })
}
