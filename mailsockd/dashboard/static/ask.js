// Forms with data-ask are sent only when the question was answered with yes.

let dialog = null

function made() {
  if (dialog) return dialog
  dialog = document.createElement('dialog')
  dialog.className = 'ask'
  const question = document.createElement('p')
  question.id = 'ask-question'
  dialog.setAttribute('aria-labelledby', question.id)
  const form = document.createElement('form')
  form.method = 'dialog'
  form.className = 'buttons'
  for (const [value, label, kind] of [['no', 'Cancel', ''], ['yes', 'Yes', 'main']]) {
    const button = document.createElement('button')
    button.value = value
    button.textContent = label
    button.dataset.says = value
    button.className = kind
    form.append(button)
  }
  dialog.append(question, form)
  document.body.append(dialog)
  return dialog
}

/** Ask a question; the answer is true for yes, which the button `yes` says. */
export function ask(question, yes = 'Yes', danger = false) {
  const box = made()
  const button = box.querySelector('[data-says="yes"]')
  button.textContent = yes
  button.className = danger ? 'danger' : 'main'
  box.firstChild.textContent = question
  box.returnValue = 'no'
  box.showModal()
  return new Promise((resolve) => {
    box.addEventListener('close', () => resolve(box.returnValue === 'yes'), { once: true })
  })
}

document.addEventListener('submit', async (event) => {
  const form = event.target
  if (!form.dataset.ask || form.dataset.asked) return
  event.preventDefault()
  const { textContent = 'Yes', classList } = event.submitter || {}
  if (await ask(form.dataset.ask, textContent, classList?.contains('danger'))) {
    form.dataset.asked = 'yes'
    form.requestSubmit()
  }
})
