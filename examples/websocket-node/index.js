// Prints mail from a WebSocket the moment it arrives: one line for the Listening frame, one line for each mail.
'use strict'

const WebSocket = require('ws')

// Everything that differs between servers is here. For Mailsac itself: MAILSOCKD_URL=wss://sock.mailsac.com
const server = process.env.MAILSOCKD_URL || 'ws://127.0.0.1:8025'
const account = process.env.MAILSOCKD_ACCOUNT
const key = process.env.MAILSOCKD_KEY
const addresses = process.env.MAILSOCKD_ADDRESSES

if (!account || !key || !addresses) {
  console.error('Set MAILSOCKD_ACCOUNT, MAILSOCKD_KEY and MAILSOCKD_ADDRESSES (user1@mail.test, or several with commas).')
  process.exit(2)
}

// `@` and `,` may stand in a query as they are, and the URL stays readable.
const quote = (text) => encodeURIComponent(text).replace(/%40/g, '@').replace(/%2C/g, ',')
const url = `${server}/incoming-messages?_id=${quote(account)}&key=${quote(key)}&addresses=${quote(addresses)}`

const socket = new WebSocket(url)

socket.on('open', () => console.log(`Connected to ${server}`))

socket.on('message', (data) => {
  // Old versions of ws give a string, new ones a Buffer.
  const text = data.toString()
  const frame = JSON.parse(text)
  if (frame.status !== 200) {
    console.error(`Refused: ${frame.status} ${frame.error}`)
    process.exitCode = 1
  } else if (frame.msg === 'Listening') {
    console.log(`Listening: ${text}`)
  } else {
    console.log(`Mail: ${text}`)
  }
})

socket.on('error', (error) => {
  console.error(`Error: ${error.message || error.code}`)
  process.exitCode = 1
})

socket.on('close', (code, reason) => {
  console.log(`Closed: ${code} ${reason || ''}`.trim())
  if (code !== 1000) process.exitCode = 1
})

process.on('SIGINT', () => socket.close(1000))
process.on('SIGTERM', () => socket.close(1000))
