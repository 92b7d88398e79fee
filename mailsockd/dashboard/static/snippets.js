// Programs to copy, filled in with what was typed. Texts in them are quoted for their language, so nothing typed can
// become a part of the program.

import { socketAddress } from './socket.js'

const UNKNOWN = 'YOUR_API_KEY'

const literal = (text) => JSON.stringify(text)
// In single quotes a shell takes everything for text but the quote itself.
const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`
const path = (text) => encodeURIComponent(text)

const programs = {
  node: (url) => `// npm install ws
const WebSocket = require('ws')

const socket = new WebSocket(${literal(url)})
socket.on('message', (data) => {
  const mail = JSON.parse(data)
  if (mail._id) console.log(mail.from[0].address, mail.subject, mail.text)
  else console.log(String(data)) // the Listening frame, or why not
})
socket.on('close', (code, reason) => console.log('closed', code, String(reason)))
`,
  python: (url) => `# pip install websockets
import json

from websockets.sync.client import connect

with connect(${literal(url)}, max_size=None) as socket:
    for data in socket:
        mail = json.loads(data)
        if "_id" in mail:
            print(mail["from"][0]["address"], mail["subject"], mail["text"])
        else:
            print(data)  # the Listening frame, or why not
`,
  wscat: (url) => `# npm install -g wscat
wscat --connect ${quoted(url)}
`,
  curl: (url, key, server, addresses) => addresses.filter((one) => one.includes('@') && !one.startsWith('*')).map((one) =>
    `# Send the mail of ${one.replace(/[^\x21-\x7e]/g, '?')} to web sockets
curl -X PUT -H ${quoted(`Mailsac-Key: ${key}`)} \\
  ${quoted(`${server}/api/addresses/${path(one)}`)} -d '{"enablews": true}'

# Have the server send it a test mail
curl -X POST -H ${quoted(`Mailsac-Key: ${key}`)} \\
  ${quoted(`${server}/mailsockd/v1/addresses/${path(one)}/test-message`)}

# Read its newest message
curl -H ${quoted(`Mailsac-Key: ${key}`)} \\
  ${quoted(`${server}/api/addresses/${path(one)}/messages?limit=1`)}
`).join('\n') || '# Tick or type an address: these calls are about one.\n'
}

/** How a key is shown: its end tells which it is. */
export function masked(key) {
  return key.length > 12 ? `…${key.slice(-4)}` : '…'
}

/** The program in a language. `server` is where the server is, such as https://mail.example.org. */
export function program(language, key, addresses, server) {
  const given = key || UNKNOWN
  return programs[language](socketAddress(given, addresses, server), given, server, addresses)
}

/** The same with the key masked, to be shown. */
export function shownProgram(language, key, addresses, server) {
  const text = program(language, key, addresses, server)
  return key ? text.replaceAll(encodeURIComponent(key), masked(key)).replaceAll(key, masked(key)) : text
}
