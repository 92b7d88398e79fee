// The pages of an account: questions before what cannot be undone, secrets to copy, local times.

import './ask.js'
import './copy.js'
import './times.js'
