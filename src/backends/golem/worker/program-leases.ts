/**
 * Second part of the thread's program (`program.ts`): what its operations do with a lease, from its bills to the end of a command. Plain CommonJS as text,
 * which rests on `program-guards.ts`.
 */
export const WORKER_LEASES = `function take(key, agreement, allocation, pricing, threads, ceiling) {
  const lease = { key, agreement, signedAtMs: Date.now(), abort: new AbortController(), dropped: false };
  const perSecond = pricing.envSec + pricing.cpuSec * (isNumber(threads) && threads > 0 ? threads : 1);
  const most = () => {
    const seconds = (Date.now() - lease.signedAtMs) / 1000 + ceiling.slackSeconds;
    return Math.min(ceiling.totalGlm, (pricing.start + perSecond * seconds) * (1 + ceiling.tolerance));
  };
  const passes = (kind, amount) => {
    const due = Number(amount);
    const accepted = Number.isFinite(due) && due >= 0 && due <= most();
    send({ event: "bill", key, kind, amount: String(amount), accepted });
    return accepted;
  };
  lease.payment = glm.payment.createAgreementPaymentProcess(agreement, allocation, {
    debitNoteFilter: (note) => passes("debit-note", note.totalAmountDue),
    invoiceFilter: (invoice) => passes("invoice", invoice.amount),
  });
  leases.set(key, lease);
  const { id: providerId, name, walletAddress } = agreement.provider;
  return { agreementId: agreement.id, providerId, name, wallet: walletAddress };
}

async function transferred(limitMs, work) {
  const began = Date.now();
  const urls = [];
  const result = await transferUrls.run(urls, work).catch((error) => {
    // The SDK leaves the daemon serving what it gave up.
    void glm.services.storageProvider.release(urls).catch(() => {});
    throw Date.now() - began < limitMs ? error : problem("TransferFailed", "it was not over within " + limitMs + " ms");
  });
  if (!result || result.result !== "Ok") throw problem("TransferFailed", String((result && result.message) || "no result"));
  return result;
}

function leaseOf(key) {
  const lease = leases.get(key);
  if (lease === undefined) throw problem("NoLease", "the lease is not known here");
  return lease;
}

function alive(lease) {
  if (lease.dropped) throw problem("Dropped", "the lease is over");
}

function followOutput(lease, batchId) {
  let returnCode, finish;
  const finished = new Promise((resolve) => {
    finish = resolve;
  });
  const out = (stream, value) => {
    if (value === undefined || value === null || value === "") return;
    const text = typeof value === "string" ? value : Buffer.from(value).toString("utf8");
    send({ event: "output", key: lease.key, stream, text });
  };
  const subscription = yagna.activity.exec.observeBatchExecResults(lease.activity.id, batchId).subscribe({
    next: ({ kind }) => {
      if (!kind) return;
      out("stdout", kind.stdout);
      out("stderr", kind.stderr);
      if (kind.finished) {
        if (Number.isInteger(kind.finished.return_code)) returnCode = kind.finished.return_code;
        finish();
      }
    },
    // Says nothing about the command: its results are asked for elsewhere.
    error: () => {
      send({ event: "output-lost", key: lease.key });
      finish();
    },
  });
  return { finished, returnCode: () => returnCode, stop: () => subscription.unsubscribe() };
}

async function results(lease, activityId, batchId, silenceMs) {
  let heardAtMs = Date.now();
  let missing = 0;
  for (let pause = FIRST_PAUSE_MS; ; ) {
    alive(lease);
    try {
      const list = await yagna.activity.control.getExecBatchResults(activityId, batchId, undefined, 5);
      if (!Array.isArray(list)) throw problem("MalformedAnswer", "the daemon's answer to a poll for results is no list");
      const last = list[list.length - 1];
      if (last && last.isBatchFinished) return last;
      heardAtMs = Date.now();
      missing = 0;
      pause = FIRST_PAUSE_MS;
    } catch (error) {
      alive(lease);
      const state = await stateOf(activityId);
      if (state.gone) throw problem("ActivityTerminated", state.said || "the exe-unit is gone");
      missing = statusOf(error) === 404 && state.missing ? missing + 1 : 0;
      if (missing >= MOST_MISSING) throw problem("ActivityTerminated", "the daemon knows the activity no more");
      if (Date.now() - heardAtMs > silenceMs) throw error;
      await wait(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }
}

async function stateOf(activityId) {
  try {
    const { state, reason, errorMessage } = await yagna.activity.state.getActivityState(activityId);
    const gone = Array.isArray(state) && state[0] === "Terminated";
    return { gone, said: [reason, errorMessage].filter((part) => typeof part === "string" && part !== "").join(": ") };
  } catch (error) {
    return { gone: false, missing: statusOf(error) === 404 };
  }
}
`;
