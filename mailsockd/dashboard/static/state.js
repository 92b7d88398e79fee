// What the Web Socket Test Page says of its connection: the state, why, what happened, and what can be done.

const MOST_LINES = 100

const at = (id) => document.getElementById(id)

/** Show a state of the connection: idle, connecting, open, waiting or ended. */
export function show(state, text) {
  at('state').dataset.state = state
  at('state-text').textContent = text
  const busy = state !== 'idle' && state !== 'ended'
  turn(busy)
  at('fields').hidden = busy
  at('listens').hidden = !busy
  at('retry').hidden = state !== 'waiting'
  at('or-send').hidden = at('send').hidden = state !== 'open' || !at('recipient').options.length
  at('empty-idle').hidden = state === 'open'
  at('empty-open').hidden = state !== 'open'
  if (state !== 'open') at('listening').hidden = true
}

function turn(busy) {
  const [on, off] = busy
    ? [at('disconnect-button'), at('connect-button')]
    : [at('connect-button'), at('disconnect-button')]
  on.disabled = false
  // A button that is disabled would drop the focus of whoever has just pressed it.
  if (document.activeElement === off) on.focus()
  off.disabled = true
}

/** Write down what the connection did, with the time. */
export function log(text) {
  const line = document.createElement('li')
  const when = document.createElement('time')
  when.dateTime = new Date().toISOString()
  when.textContent = new Date().toLocaleTimeString()
  line.append(when, ' ', text)
  at('log-lines').prepend(line)
  at('log').hidden = false
  while (at('log-lines').children.length > MOST_LINES) at('log-lines').lastChild.remove()
}

/** Say why there is no connection; "" when there is nothing to say. */
export function explain(text) {
  at('reason').textContent = text
  at('reason').hidden = !text
}

/** Add a notice: good, warn, bad or ask, perhaps with a button for what can be done about it. */
export function notice(kind, text, label, action) {
  const made = document.createElement('div')
  made.className = `notice ${kind}`
  const said = document.createElement('p')
  said.textContent = text
  made.append(said)
  if (label) {
    const button = document.createElement('button')
    button.type = 'button'
    button.textContent = label
    button.addEventListener('click', async () => {
      try {
        await action()
        document.querySelector('#connect-button:enabled, #disconnect-button:enabled').focus()
      } catch (error) {
        said.textContent = error.message
        made.className = 'notice bad'
      }
    })
    made.append(button)
  }
  at('notices').append(made)
}
