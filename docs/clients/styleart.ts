// Ask StyleArt about a picture, with plain `fetch`. Runs in Node 23.6 or newer as it is, and, but for reading the
// file and the environment at the end, in browsers and on phones.
//
//   STYLEART_TOKEN=styleart_… node styleart.ts painting.jpg
//   STYLEART_EMAIL=you@example.org STYLEART_PASSWORD=… node styleart.ts painting.jpg
//
// STYLEART_URL is the site (http://127.0.0.1:8000). Prints the top styles and the works most alike.

import { readFile } from "node:fs/promises";
import { argv, env, exit } from "node:process";

type Named = { slug: string; name: string };
type Status = "queued" | "running" | "done" | "failed";
type Certainty = "sure" | "likely" | "unsure" | "not_a_painting";

interface Probability {
  style: string;
  name: string;
  probability: number;
}

interface Prediction {
  id: string;
  status: Status;
  title: string;
  style: Named | null;
  certainty: Certainty | null;
  probabilities: Probability[] | null;
  error: { code: string; detail: string } | null;
}

interface SimilarArtwork {
  id: number;
  title: string;
  artist: Named | null;
  similarity: number;
}

interface Problem {
  code?: string;
  detail?: string;
  errors?: { code: string; detail?: string; message?: string }[];
  data?: { flows?: { id: string }[] }; // steps of signing in that are missing
}

const ONE_MORE_STEP =
  "Signing in takes more than the password here. Make a token on the page of the account and set STYLEART_TOKEN.";

/** The site said no. `code` is what a program may rely on, the message is for people. */
class Refused extends Error {
  readonly code: string;
  readonly retryAfterS: number;

  constructor(problem: Problem, response: Response) {
    const missing = problem.data?.flows && ONE_MORE_STEP;
    const detail = problem.detail ?? problem.errors?.[0]?.message ?? missing;
    super(detail ?? `The site answered ${response.status}.`);
    this.code = problem.code ?? "";
    this.retryAfterS = Number(response.headers.get("Retry-After") ?? 1);
  }
}

const pause = (seconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, 1000 * seconds));

class StyleArt {
  readonly #site: string;
  #who: Record<string, string> = {};

  constructor(site: string) {
    this.#site = site.replace(/\/$/, "");
  }

  /** Use a personal access token. */
  withToken(token: string): this {
    this.#who = { Authorization: `Bearer ${token}` };
    return this;
  }

  /** Sign in as an app does, and use the session. */
  async signIn(email: string, password: string): Promise<this> {
    const signedIn = await this.#call<{ meta: { session_token: string } }>("/_allauth/app/v1/auth/login", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    this.#who = { "X-Session-Token": signedIn.meta.session_token };
    return this;
  }

  /** Send a picture; the answer may still be on its way. Tries again when we were too quick or it got lost. */
  async send(picture: Blob, title = ""): Promise<Prediction> {
    const body = new FormData();
    body.set("image", picture, "picture");
    body.set("title", title);
    const headers = { "Idempotency-Key": crypto.randomUUID(), Prefer: "wait=5" };
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#call<Prediction>("/api/v1/predictions/", { method: "POST", headers, body });
      } catch (error) {
        const isWorthTrying = !(error instanceof Refused) || error.code === "throttled";
        if (!isWorthTrying || attempt === 3) throw error;
        await pause(error instanceof Refused ? error.retryAfterS : 1);
      }
    }
  }

  /** Ask once a second until there is an answer. */
  async finished(prediction: Prediction, patienceS = 60): Promise<Prediction> {
    for (let second = 0; second < patienceS; second++) {
      if (prediction.status === "done" || prediction.status === "failed") return prediction;
      await pause(1);
      prediction = await this.#call<Prediction>(`/api/v1/predictions/${prediction.id}/`);
    }
    throw new Error("There is no answer yet. Look again later.");
  }

  async similarTo(prediction: Prediction, limit = 5): Promise<SimilarArtwork[]> {
    const path = `/api/v1/predictions/${prediction.id}/similar/?limit=${limit}`;
    return (await this.#call<{ results: SimilarArtwork[] }>(path)).results;
  }

  async #call<Answer>(path: string, init: RequestInit = {}): Promise<Answer> {
    const headers = { ...this.#who, ...(init.headers as Record<string, string> | undefined) };
    const response = await fetch(this.#site + path, { ...init, headers });
    if (response.ok) return (await response.json()) as Answer;
    const problem = (await response.json().catch(() => ({}))) as Problem;
    throw new Refused(problem, response);
  }
}

function show(prediction: Prediction, similar: SimilarArtwork[]): void {
  console.log(`${prediction.style?.name} (${prediction.certainty?.replaceAll("_", " ")})`);
  for (const { name, probability } of prediction.probabilities?.slice(0, 3) ?? []) {
    console.log(`  ${(100 * probability).toFixed(1).padStart(5)}%  ${name}`);
  }
  console.log("Works like it:");
  for (const { artist, title, similarity } of similar) {
    console.log(`  ${similarity.toFixed(2)}  ${artist?.name ?? "StyleArt"}: ${title}`);
  }
}

async function main(path: string): Promise<void> {
  const styleart = new StyleArt(env.STYLEART_URL ?? "http://127.0.0.1:8000");
  if (env.STYLEART_TOKEN) styleart.withToken(env.STYLEART_TOKEN);
  else await styleart.signIn(env.STYLEART_EMAIL ?? "", env.STYLEART_PASSWORD ?? "");
  const sent = await styleart.send(new Blob([await readFile(path)]));
  const prediction = await styleart.finished(sent);
  if (prediction.error) throw new Error(prediction.error.detail);
  show(prediction, await styleart.similarTo(prediction));
}

if (argv.length !== 3) {
  console.error("Usage: node styleart.ts painting.jpg");
  exit(1);
}
void main(argv[2]!).catch((error: Error) => {
  console.error(error.message);
  exit(1);
});
