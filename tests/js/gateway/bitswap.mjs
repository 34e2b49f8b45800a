// A Helia node that speaks bitswap over TCP, and prints what it got as one line of JSON:
//   node bitswap.mjs cat ADDRESS CID     a file from the peer at ADDRESS
//   node bitswap.mjs pin ADDRESS CID     everything under a CID
//   node bitswap.mjs block ADDRESS CID   one block
//   node bitswap.mjs give FILE           its address and the CID of FILE, which it gives until its input ends
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { withBitswap } from '@helia/bitswap'
import { withLibp2pLight } from '@helia/libp2p'
import { unixfs } from '@helia/unixfs'
import * as dagCbor from '@ipld/dag-cbor'
import { identify } from '@libp2p/identify'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createHeliaLight } from 'helia'
import { CID } from 'multiformats/cid'

const [what, place, address] = process.argv.slice(2)

const helia = await withBitswap(withLibp2pLight(createHeliaLight({ codecs: [dagCbor] }), {
  addresses: { listen: ['/ip4/127.0.0.1/tcp/0'] },
  transports: [tcp()],
  connectionEncrypters: [noise()],
  streamMuxers: [yamux()],
  services: { identify: identify() }
})).start()

const jobs = {
  async cat (cid) {
    const hash = createHash('sha256')
    let bytes = 0
    for await (const chunk of unixfs(helia).cat(cid)) { hash.update(chunk); bytes += chunk.byteLength }
    return { bytes, sha256: hash.digest('hex') }
  },
  async pin (cid) {
    let blocks = 0
    for await (const _ of helia.pins.add(cid)) blocks++
    return { blocks }
  },
  async block (cid) {
    let bytes = 0
    for await (const chunk of helia.blockstore.get(cid)) bytes += chunk.byteLength
    return { bytes }
  }
}

async function give () {
  const cid = await unixfs(helia).addBytes(readFileSync(place))
  console.log(JSON.stringify({ address: String(helia.libp2p.getMultiaddrs()[0]), cid: String(cid) }))
  for await (const _ of process.stdin) { /* until its end */ }
}

try {
  if (what === 'give') {
    await give()
  } else {
    await helia.libp2p.dial(multiaddr(place))
    console.log(JSON.stringify(await jobs[what](CID.parse(address))))
  }
  process.exit(0)
} catch (error) {
  console.log(JSON.stringify({ error: `${error.name}: ${error.message}` }))
  process.exit(1)
}
