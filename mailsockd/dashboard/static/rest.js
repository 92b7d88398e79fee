// The few REST calls of pages, by a key, or with "" by the session. An error has the sentence that the server gives.

const csrf = () => document.querySelector('meta[name="csrf"]')?.content || ''

async function ask(method, path, key, body) {
  let answer
  try {
    answer = await fetch(path, {
      method,
      cache: 'no-store',
      credentials: key ? 'omit' : 'same-origin',
      headers: {
        ...(key ? { 'Mailsac-Key': key } : { 'X-CSRF-Token': csrf() }),
        ...(body ? { 'Content-Type': 'application/json' } : {})
      },
      body: body ? JSON.stringify(body) : undefined
    })
  } catch {
    throw new Error('The server does not answer. Is it running?')
  }
  const value = await answer.json().catch(() => ({}))
  if (!answer.ok) throw new Error(value.message || `The server answered ${answer.status}.`)
  return value
}

const address = (email) => `/api/addresses/${encodeURIComponent(email)}`

export const addresses = (key) => ask('GET', '/api/addresses', key)
export const reserve = (key, email) => ask('POST', address(email), key, { enablews: true })
export const switchOn = (key, email) => ask('PUT', address(email), key, { enablews: true })
export const sendTestMail = (key, email) =>
  ask('POST', `/mailsockd/v1/addresses/${encodeURIComponent(email)}/test-message`, key)
