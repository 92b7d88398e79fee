// The pages of mail: local times, keys, several messages at once, new mail as it comes. All of it works without, too.

import './times.js'
import './mail-select.js'
import './mail-keys.js'
import './mail-live.js'
import { change, showRead } from './mail-change.js'

document.documentElement.classList.add('scripted')

// Whoever has a message before them has read it.
const opened = document.querySelector('.message[data-read="false"]')
if (opened && document.querySelector('.mail').dataset.live) {
  change({ do: 'read' }, [opened.dataset.value]).then((done) => {
    if (!done) return
    const row = document.querySelector('.row:has([aria-current])')
    if (row) showRead(row, true)
    const mark = document.getElementById('mark-it')
    mark.value = 'unread'
    mark.textContent = 'Mark as unread'
  })
}
