// The pages of mail: local times. Everything here works without it, too.

import './times.js'

document.documentElement.classList.add('scripted')
