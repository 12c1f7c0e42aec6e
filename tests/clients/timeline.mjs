// Plays random histories to the timeline: pushes out of order, twice, or never, while connections come and go.
// node timeline.mjs TIMELINE_JS RUNS; fails with the first seed after which something is lost, doubled or out of order.
import { pathToFileURL } from "node:url";

const { Timeline } = await import(pathToFileURL(process.argv[2]));
const runs = Number(process.argv[3]);

function draws(seed) {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const message = (conversationId, seqId) => ({ // as it stands in the history
  id: `${conversationId}-${seqId}`, conversationId, senderId: "bob", content: `${seqId}`, messageType: 1, seqId, createdAt: 1,
});

async function play(seed) {
  const draw = draws(seed);
  const rooms = Array.from({ length: 1 + draw(3) }, (_, index) => ({ id: `c${index}`, last: draw(5) }));
  const begin = new Map(rooms.map((room) => [room.id, room.last]));
  const delivered = new Map(rooms.map((room) => [room.id, []]));
  const pause = () => new Promise((resolve) => (draw(2) ? setImmediate(resolve) : queueMicrotask(resolve)));
  const api = {
    async listConversations() {
      const conversations = rooms.map((room) => ({ id: room.id, unreadCount: room.isNew ? room.last : 0,
        ...(room.last > 0 && { lastMessage: message(room.id, room.last) }) }));
      await pause();
      return { conversations, hasMore: false };
    },
    async listMessages(id, { after }) {
      const { last } = rooms.find((room) => room.id === id);
      const count = Math.min(last - after, 1 + draw(4));
      const messages = Array.from({ length: count }, (_, index) => message(id, after + 1 + index));
      await pause();
      return { messages, hasMore: after + count < last };
    },
  };
  const timeline = new Timeline(api, ({ conversationId, seqId }) => delivered.get(conversationId).push(seqId));
  await timeline.begin();
  for (const room of rooms) room.last += draw(3); // said while the first connection opens
  await timeline.catchUp();

  /** A new connection; a conversation may have begun before it, of which something comes before the list does. */
  async function comeBack() {
    const room = { id: `c${rooms.length}`, last: 1 + draw(5), isNew: true };
    if (draw(2)) {
      rooms.push(room);
      begin.set(room.id, 0);
      delivered.set(room.id, []);
    }
    const done = timeline.catchUp();
    if (begin.has(room.id) && draw(2)) {
      room.last += 1;
      if (draw(2)) timeline.expect(room.id, room.last);
      else timeline.receive({ ...message(room.id, room.last), sender: { id: "bob", username: "bob" } });
    }
    await done;
  }

  for (let step = 0; step < 30; step += 1) {
    const room = rooms[draw(rooms.length)];
    const fresh = Array.from({ length: draw(4) }, () => message(room.id, ++room.last));
    for (const each of fresh.sort(() => draw(3) - 1)) {
      const pushed = { ...each, sender: { id: "bob", username: "bob" } };
      const times = room.isNew ? 1 + draw(2) : draw(3); // 0: the push was missed, as by a slow reader
      for (let time = 0; time < times; time += 1) {
        if (draw(4) === 0) timeline.expect(room.id, each.seqId);
        else timeline.receive(pushed);
      }
      if (draw(3) === 0) await pause();
    }
    if (draw(6) === 0) await comeBack();
  }
  await timeline.catchUp();
  for (const room of rooms) {
    const wanted = Array.from({ length: room.last - begin.get(room.id) }, (_, index) => begin.get(room.id) + 1 + index);
    const got = delivered.get(room.id);
    if (JSON.stringify(got) !== JSON.stringify(wanted)) {
      console.error(`seed ${seed}, ${room.id}: delivered ${got}, wanted ${wanted}`);
      process.exit(1);
    }
  }
}

for (let seed = 1; seed <= runs; seed += 1) await play(seed);
console.log(`${runs} histories`);
