// Listens with megalodon, the library of Whalebird and Fedistar, and tells each event as a line of JSON.
import generator from "megalodon";

const { PARLEY_URL: url, PARLEY_TOKEN: token } = process.env;
const tell = (kind, value) => console.log(JSON.stringify({ kind, value }));

const client = (generator.default ?? generator)("mastodon", url, token);
const stream = await client.userStreaming();
stream.on("connect", () => tell("connect", null));
stream.on("update", (status) => tell("update", status.id));
stream.on("notification", (notification) => tell("notification", notification.type));
stream.on("delete", (id) => tell("delete", id));
stream.on("error", (error) => tell("error", String(error)));
