// Fetches everything that a peer holds and checks it from the bytes up; one line of JSON says what came.
//   node read_chain.mjs MULTIADDRESS NETWORK
// Written from docs/spec/network.md (Connections, Protocols), sync.md (Session) and records.md alone.
import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import { tcp } from '@libp2p/tcp'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { Peer as Reconciler } from '../sync/negentropy.mjs'
import { decode } from '../verify/dag_cbor.mjs'
import { checkBody, checkLink, readBlock, Refused, text } from '../verify/record.mjs'

const PROTOCOL = '/knowchain/sync/1'
const WINDOW = 589_824
const IDS_IN_A_WANT = 10_000

// --- strict DAG-CBOR, as far as a session writes it ------------------------------------------------------

function head (major, number) {
  if (number < 24) return Buffer.from([major << 5 | number])
  for (const [extra, size] of [[24, 1], [25, 2], [26, 4]]) {
    if (number < 2 ** (8 * size)) {
      const out = Buffer.alloc(1 + size)
      out[0] = major << 5 | extra
      out.writeUIntBE(number, 1, size)
      return out
    }
  }
  throw new Error('a larger number than a session needs')
}

function encode (value) {
  if (typeof value === 'number') return head(0, value)
  if (typeof value === 'boolean') return Buffer.from([value ? 0xf5 : 0xf4])
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)])
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value])
  return Buffer.concat([head(4, value.length), ...value.map(encode)])
}

// --- frames ----------------------------------------------------------------------------------------------

function send (stream, message) {
  const payload = encode(message)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(payload.length)
  stream.send(Buffer.concat([length, payload]))
}

async function * messages (stream) {
  let buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    buffer = Buffer.concat([buffer, Buffer.from(chunk.subarray())])
    while (buffer.length >= 4 && buffer.length >= 4 + buffer.readUInt32BE(0)) {
      const end = 4 + buffer.readUInt32BE(0)
      yield decode(Uint8Array.from(buffer.subarray(4, end)))
      buffer = buffer.subarray(end)
    }
  }
}

// --- a session -------------------------------------------------------------------------------------------

class Reader {
  constructor (stream, network) {
    this.stream = stream
    this.network = network
    this.reconciler = new Reconciler([], true)
    this.rounds = 1
    this.heads = null
    this.held = new Map()
    this.bodies = 0
    this.kinds = {}
    this.wants = 0
    this.said = false
    this.over = false
  }

  begin () {
    send(this.stream, ['hello', 1, this.network, 0])
    send(this.stream, ['reconcile', this.reconciler.initiate()])
  }

  async take ([name, ...fields]) {
    const handlers = { hello: this.hello, reconcile: this.reconcile, blocks: this.blocks, served: this.served, done: this.done }
    if (name === 'close') throw new Error(`closed: ${fields[0]}`)
    if (name === 'credit') return // we give nothing
    if (!(name in handlers)) throw new Error(`a message ${name} that was not expected`)
    await handlers[name].apply(this, fields)
  }

  hello (version, network, heads) {
    if (version !== 1n || network !== this.network) throw new Error('another version or network')
    this.announced = Number(heads)
  }

  reconcile (message) {
    const answer = this.reconciler.answer(Buffer.from(message))
    if (answer !== null) {
      this.rounds++
      send(this.stream, ['reconcile', answer])
      return
    }
    this.heads = this.reconciler.need
    if (this.heads.length > this.announced) throw new Error('more heads than were announced')
    send(this.stream, ['have', Buffer.alloc(0), true])
    for (let at = 0; at < this.heads.length; at += IDS_IN_A_WANT) {
      const ids = Buffer.from(this.heads.slice(at, at + IDS_IN_A_WANT).join(''), 'hex')
      send(this.stream, ['want', 'records', ids, true])
      this.wants++
    }
    send(this.stream, ['credit', WINDOW])
    this.finish()
  }

  async blocks (rows) {
    let cost = 0
    for (const [block, body] of rows) {
      cost += block.length + (body?.length ?? 0)
      await this.record(block, body)
    }
    send(this.stream, ['credit', cost])
  }

  async record (block, body) {
    const record = await readBlock(block, this.network)
    if (record.header.kind !== 'identity') {
      const lacking = await checkLink(record, this.held)
      if (lacking.length) throw new Refused('chain', 'a record came before its parents')
    }
    if (body !== undefined) {
      await checkBody(record, body)
      this.bodies++
    }
    this.held.set(text(record.id), record)
    this.kinds[record.header.kind] = (this.kinds[record.header.kind] ?? 0) + 1
  }

  served (lacking) {
    if (lacking.length) throw new Error('heads that were named did not come')
    this.wants--
    this.finish()
  }

  done () { this.over = true }

  finish () {
    if (this.wants > 0 || this.said) return
    this.said = true
    send(this.stream, ['done'])
  }

  report () {
    const ids = new Set([...this.held.values()].map(({ id }) => Buffer.from(id.subarray(4)).toString('hex')))
    if (!this.heads.every((head) => ids.has(head))) throw new Error('a head did not come')
    return { rounds: this.rounds, heads: this.heads.length, records: this.held.size, bodies: this.bodies, kinds: this.kinds, ids: [...this.held.keys()].sort() }
  }
}

const [address, network] = process.argv.slice(2)
const node = await createLibp2p({
  addresses: { listen: [] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify() }
})
try {
  const stream = await node.dialProtocol(multiaddr(address), PROTOCOL)
  const reader = new Reader(stream, network)
  reader.begin()
  for await (const message of messages(stream)) {
    await reader.take(message)
    if (reader.over && reader.said) break
  }
  if (!reader.over) throw new Error('the session broke off')
  await stream.close()
  console.log(JSON.stringify(reader.report()))
} catch (error) {
  console.log(JSON.stringify({ refused: error.reason ?? error.name, why: error.message }))
  process.exitCode = 1
}
await node.stop()
process.exit()
