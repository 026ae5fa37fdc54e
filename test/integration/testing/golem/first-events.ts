/** The first events of a stream, as they were written. */
export async function firstEvents(url: string, key: string, count: number) {
  const gone = new AbortController();
  const response = await fetch(url, { headers: { accept: "text/event-stream", authorization: `Bearer ${key}` }, signal: gone.signal });
  if (response.headers.get("content-type") !== "text/event-stream") throw new Error(`No stream of events, but ${response.status}.`);
  const decoder = new TextDecoder();
  let text = "";
  for await (const bytes of response.body ?? []) {
    text += decoder.decode(bytes, { stream: true });
    if (text.split("\n\n").filter((block) => block.startsWith("event:")).length >= count) break;
  }
  gone.abort();
  return text
    .split("\n\n")
    .filter((block) => block.startsWith("event:"))
    .map((block) =>
      Object.fromEntries(block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)])),
    );
}
