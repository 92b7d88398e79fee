// Drives the official npm client: reads calls from standard input, one JSON object {name, args} a line, and answers
// each with one line {status, type, data}. Its first line lists all operations that the client itself has.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const { Mailsac } = createRequire(import.meta.url)("@mailsac/api");
const client = new Mailsac({
  baseURL: process.env.MAILSAC_URL,
  headers: { "Mailsac-Key": process.env.MAILSAC_KEY },
  // Else a proxy of the environment is asked for what is on this machine.
  proxy: false,
  // An error's answer is asserted like any other.
  validateStatus: () => true,
});

const operations = Object.entries(client)
  .filter(([name, group]) => name !== "instance" && group && typeof group === "object")
  .flatMap(([name, group]) =>
    Object.keys(group).filter((each) => typeof group[each] === "function").map((each) => `${name}.${each}`),
  );
console.log(JSON.stringify(operations));

for await (const line of createInterface({ input: process.stdin })) {
  const { name, args } = JSON.parse(line);
  const [group, operation] = name.split(".");
  const answer = await client[group][operation](...args);
  const data = Buffer.isBuffer(answer.data) ? { base64: answer.data.toString("base64") } : answer.data;
  console.log(JSON.stringify({ status: answer.status, type: answer.headers["content-type"] ?? "", data: data ?? null }));
}
