// A js-libp2p peer that is told what to do in lines of JSON and says what happens in lines of JSON.
// Written from docs/spec/network.md.
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { gossipsub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

const ECHO = '/knowchain/test/echo/1'

function messageId (message) {
  const topic = Buffer.from(message.topic)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(topic.length)
  return createHash('sha256').update(length).update(topic).update(message.data).digest()
}

function say (event) {
  process.stdout.write(JSON.stringify(event) + '\n')
}

const node = await createLibp2p({
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify(), pubsub: gossipsub({ msgIdFn: messageId, fallbackToFloodsub: false }) }
})

const pubsub = node.services.pubsub
pubsub.addEventListener('message', ({ detail }) => {
  say({ message: Buffer.from(detail.data).toString('hex'), from: detail.from.toString() })
})
pubsub.addEventListener('gossipsub:graft', ({ detail }) => say({ grafted: detail.peerId }))
await node.handle(ECHO, async (stream) => {
  for await (const chunk of stream) stream.send(chunk.subarray())
  await stream.close()
})

const commands = {
  async subscribe ({ topic }) { pubsub.subscribe(topic) },
  async dial ({ address }) { await node.dial(multiaddr(address)) },
  async publish ({ topic, data }) { await pubsub.publish(topic, Buffer.from(data, 'hex')) },
  async echo ({ peer, data }) {
    const connection = node.getConnections().find(({ remotePeer }) => remotePeer.toString() === peer)
    const stream = await connection.newStream(ECHO)
    stream.send(Buffer.from(data, 'hex'))
    await stream.close()
    const chunks = []
    for await (const chunk of stream) chunks.push(Buffer.from(chunk.subarray()))
    say({ echoed: Buffer.concat(chunks).toString('hex') })
  }
}

say({ up: node.getMultiaddrs()[0].toString(), peer: node.peerId.toString() })
for await (const line of createInterface({ input: process.stdin })) {
  const { command, ...rest } = JSON.parse(line)
  await commands[command](rest)
  say({ done: command })
}
await node.stop()
