// Changes of messages without leaving the page: what the forms of the page send, sent by script.

const list = document.getElementById('list')

/** Do something with messages named `inbox/id`; gives whether it was done. */
export async function change(fields, names) {
  const body = new URLSearchParams(fields)
  for (const name of names) body.append('message', name)
  body.append('_csrf', list.elements._csrf.value)
  try {
    // The answer leads to a page that nobody needs: it is not followed.
    const answer = await fetch('/mail', { method: 'POST', body, redirect: 'manual', credentials: 'same-origin' })
    return answer.type === 'opaqueredirect'
  } catch {
    return false
  }
}

/** Show a row as starred or not. */
export function showStar(row, starred) {
  const star = row.querySelector('.star')
  star.classList.toggle('on', starred)
  star.textContent = starred ? '★' : '☆'
  star.title = starred ? 'Take the star' : 'Star'
  star.setAttribute('aria-pressed', String(starred))
}

/** Show a row as read or not. */
export function showRead(row, read) {
  row.classList.toggle('unread', !read)
  const link = row.querySelector('.open')
  link.querySelector(':scope > .unseen')?.remove()
  if (read) return
  const word = document.createElement('span')
  word.className = 'unseen'
  word.textContent = 'Unread: '
  link.prepend(word)
}

/** Star the message of a row, or take its star. */
export async function star(row) {
  const button = row.querySelector('.star')
  const starred = button.getAttribute('aria-pressed') !== 'true'
  showStar(row, starred)
  const done = await change({ do: starred ? 'star' : 'unstar' }, [button.value])
  if (!done) showStar(row, !starred)
  return done
}
