// Listens with masto.js, the library of Phanpy and Elk, and tells each event as a line of JSON; then keeps a push subscription.
import { createRestAPIClient, createStreamingAPIClient } from "masto";

const { PARLEY_URL: url, PARLEY_TOKEN: accessToken, PUSH_ENDPOINT: endpoint } = process.env;
const tell = (kind, value) => console.log(JSON.stringify({ kind, value }));

const rest = createRestAPIClient({ url, accessToken });
const instance = await rest.v2.instance.fetch();
const streaming = createStreamingAPIClient({ streamingApiUrl: instance.configuration.urls.streaming, accessToken });

const listen = async (name, subscription) => {
  for await (const event of subscription) {
    const { id, type, lastStatus } = event.payload ?? {};
    tell("event", { name, event: event.event, id: id ?? event.payload, type, lastStatus: lastStatus?.id });
  }
};
listen("user", streaming.user.subscribe());
listen("hashtag", streaming.hashtag.subscribe({ tag: "masto" }));
listen("direct", streaming.direct.subscribe());

const push = rest.v1.push.subscription;
const keys = {
  p256dh: "BEpPCn0cfs3P0E0fY-gyOuahx5dW5N8quUowlrPyfXlMa6tABLqqcSpOpMnC1-o_UB_s4R8NQsqMLbASjnqSbqw",
  auth: "T5bhIIyre5TDC1LyX4mFAQ==",
};
const told = async (kind, answer) => {
  try {
    tell(kind, await answer);
  } catch (error) {
    tell(kind, { status: error.statusCode, message: error.message });
  }
};
await told("none", push.fetch());
await told("made", push.create({ subscription: { endpoint, keys }, data: { alerts: { mention: true }, policy: "all" } }));
await told("changed", push.update({ data: { alerts: { mention: false, follow: true } }, policy: "followed" }));
await told("fetched", push.fetch());
await told("removed", push.remove());
await told("gone", push.fetch());
