/** The part of an SDK command's middleware stack that is used. */
interface Stack {
  add(middleware: unknown, options: { readonly step: "finalizeRequest"; readonly priority: "low"; readonly name: string }): void;
}

type Handler = (args: unknown) => Promise<unknown>;

/**
 * Lets a command leave this machine once, whatever the client's retry settings: SubmitJob knows no client token, so a repetition is a second job.
 * Later tries fail with the first one's error without being sent.
 */
export function sentOnce<C extends { readonly middlewareStack: object }>(command: C): C {
  const stack = command.middlewareStack as Stack;
  let first: { readonly error: unknown } | undefined;
  let isSent = false;
  // Low priority in the step that the retries are in: inside of them.
  const middleware =
    (next: Handler): Handler =>
    async (args) => {
      if (first !== undefined) throw first.error;
      if (isSent) throw new Error("The request has been sent already.");
      isSent = true;
      try {
        return await next(args);
      } catch (error) {
        first = { error };
        throw error;
      }
    };
  stack.add(middleware, { step: "finalizeRequest", priority: "low", name: "spillwaySentOnce" });
  return command;
}
