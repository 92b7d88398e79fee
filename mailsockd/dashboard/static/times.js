// Times of a page: local ones in the place of UTC, the exact one on hover. Of today the date is not said.

const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' })
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' })
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })

/** Show the times inside an element as local ones. */
export function localise(root) {
  const today = day.format(new Date())
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime)
    if (Number.isNaN(at.getTime())) continue
    if (!time.classList.contains('age')) time.textContent = day.format(at) === today ? `Today, ${clock.format(at)}` : moment.format(at)
    time.title = exact.format(at)
  }
}

localise(document)
