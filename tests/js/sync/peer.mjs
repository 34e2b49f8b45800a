// One side of a conversation over standard input and output, a line each:
//   in:  initiator|responder <ids in hex, joined>      then one message in hex a line
//   out: the next message in hex; "refused <reason>"; or "done <had ids> <needed ids>"
import { createInterface } from "node:readline";
import { Peer } from "./negentropy.mjs";

const say = (line) => process.stdout.write(line + "\n");
let peer = null;
for await (const line of createInterface({ input: process.stdin })) {
  if (peer === null) {
    const [role, joined = ""] = line.split(" ");
    const bytes = Buffer.from(joined, "hex");
    const ids = Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(32 * i, 32 * i + 32));
    peer = new Peer(ids, role === "initiator");
    if (role === "initiator") say(peer.initiate().toString("hex"));
    continue;
  }
  try {
    const message = peer.answer(Buffer.from(line, "hex"));
    say(message === null ? `done ${peer.have.join("")}. ${peer.need.join("")}.` : message.toString("hex"));
  } catch (error) {
    if (!error.reason) throw error;
    say(`refused ${error.reason}`);
  }
}
