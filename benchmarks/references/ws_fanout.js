// Node's `ws`, for fan-out alone: every socket gets the body of each POST /publish.
//
//     node ws_fanout.js PORT          (NODE_PATH names the folder that holds `ws`)
//
// The text is prepared once as a Buffer and sent as ws documents a broadcast; compression is off.
'use strict'

const http = require('node:http')
const { WebSocketServer, WebSocket } = require('ws')

const port = Number(process.argv[2])
const listening = JSON.stringify({ status: 200, msg: 'Listening', addresses: ['box@mail.test'], domains: [] })
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })

function broadcast (message) {
  for (const socket of sockets.clients) {
    if (socket.readyState === WebSocket.OPEN) socket.send(message, { binary: false })
  }
}

const server = http.createServer((request, response) => {
  const pieces = []
  request.on('data', (piece) => pieces.push(piece))
  request.on('end', () => {
    response.writeHead(request.method === 'POST' && request.url === '/publish' ? 204 : 404).end()
    if (request.method === 'POST') broadcast(Buffer.concat(pieces))
  })
})

server.on('upgrade', (request, connection, head) => {
  sockets.handleUpgrade(request, connection, head, (socket) => {
    socket.on('error', () => socket.terminate())
    socket.send(listening)
  })
})

server.listen({ port, host: '127.0.0.1', backlog: 4096 }, () => {
  console.log(`READY ws ${require('ws/package.json').version}, Node ${process.versions.node}`)
})

process.on('SIGTERM', () => process.exit(0))
