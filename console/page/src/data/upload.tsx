// A place to drop a ride file on: it says which key the file gets, and what happens then, before it sends a byte.

import { useRef, useState } from "preact/hooks";
import { get, upload } from "../api";
import { Ask, message, Trouble } from "../parts";
import type { Go } from "../places";

interface Look {
  key: string;
  size: number | null;
  /** Of what is there, by which S3 knows whether it is still that. */
  etag: string | null;
}

interface Uploaded {
  key: string;
  bytes: number;
}

const MOST = 64 * 1024 * 1024;

export function Upload({ go }: { go: Go }) {
  const [file, setFile] = useState<File | null>(null);
  const [look, setLook] = useState<Look | null>(null);
  const [trouble, setTrouble] = useState("");
  const [said, setSaid] = useState("");
  const [looking, setLooking] = useState("");
  const [refusal, setRefusal] = useState("");
  // The answer to an earlier choice may come after that to a later one: the last choice counts.
  const choices = useRef(0);
  const choose = async (chosen: File | undefined) => {
    if (!chosen) return;
    const choice = ++choices.current;
    const isLast = () => choice === choices.current;
    setSaid("");
    setTrouble("");
    setLooking("");
    if (chosen.size > MOST) {
      setTrouble(`${chosen.name} has ${chosen.size.toLocaleString()} bytes; the page takes 64 MB. \`wildrydes retrain --rides\` takes any.`);
      return;
    }
    setLooking(chosen.name);
    try {
      const seen = await get<Look>("data/look", { name: chosen.name });
      if (!isLast()) return;
      setLook(seen);
      setRefusal("");
      setFile(chosen);
    } catch (fault) {
      if (isLast()) setTrouble(message(fault));
    }
    if (isLast()) setLooking("");
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    const files = event.dataTransfer?.files;
    if (file) {
      setRefusal(`Nothing else was taken: this question is about ${file.name}. Answer it, and drop the next file then.`);
      return;
    }
    if (files && files.length > 1) {
      choices.current++;
      setLooking("");
      setTrouble("One file at a time. `wildrydes retrain --rides` takes a folder.");
    } else void choose(files?.[0]);
  };
  return (
    <section class="sheet drop" aria-label="Upload a ride file" onDragOver={(event) => event.preventDefault()} onDrop={drop}>
      <h2>Upload a ride file</h2>
      <p>
        <label>
          <strong>Drop a ride file here</strong>, or choose one:{" "}
          <input
            type="file"
            onChange={(event) => {
              void choose(event.currentTarget.files?.[0]);
              event.currentTarget.value = "";
            }}
          />
        </label>
      </p>
      <p class="quiet">
        A JSON file of up to 64 MB, which may be compressed with gzip. It holds a list of rides, by itself or in the field{" "}
        <code>travel_data</code>, or ride after ride, as in a file with a ride on each line. It goes to the folder raw/ of the stack's data
        bucket, where retrainings look for new files. You are asked before anything is sent.
      </p>
      <Trouble message={trouble} />
      {looking && (
        <p class="quiet" role="status">
          Looking whether the bucket has a file of the name {looking} …
        </p>
      )}
      {said && (
        <div role="status">
          <p>{said}</p>
          <p class="buttons">
            <button type="button" class="main" onClick={() => go("Workflows", { start: "{}" })}>
              Start a retraining …
            </button>
          </p>
        </div>
      )}
      {file && look && (
        <Ask
          title={look.size === null ? `Upload ${file.name}?` : `Replace ${look.key}?`}
          confirm={look.size === null ? "Upload it" : "Replace it"}
          act={async () => {
            const done = await upload<Uploaded>("data/upload", { name: file.name, replaces: look.etag ?? "" }, file);
            const instead = look.etag ? " It took the place of another one, of which stays what was ingested." : "";
            setSaid(`${done.key} is there: ${done.bytes.toLocaleString()} bytes. The next retraining ingests it.${instead}`);
          }}
          close={() => setFile(null)}
        >
          <Trouble message={refusal} />
          <p>
            It becomes <code>{look.key}</code> in the data bucket, {file.size.toLocaleString()} bytes, once its first record has been read. The
            next retraining ingests it; where the stack retrains by itself on uploads, that begins when they have been quiet.
          </p>
          {look.size !== null && (
            <p>
              Another file of {look.size.toLocaleString()} bytes is there. This one takes its place; what was ingested of it stays.
            </p>
          )}
        </Ask>
      )}
    </section>
  );
}
