// A ride file that was refused, taken out of the bucket: whoever asks for it is told first what that does.

import { useState } from "preact/hooks";
import { post } from "../api";
import { Ask } from "../parts";

interface Props {
  file: { key: string; etag: string; outcome: string };
}

export function Removal({ file }: Props) {
  const [asking, setAsking] = useState(false);
  const [isRemoved, setIsRemoved] = useState(false);
  if (isRemoved) return <span role="status">removed</span>;
  const remove = async () => {
    await post("data/remove", { key: file.key, etag: file.etag });
    setIsRemoved(true);
  };
  return (
    <>
      <button type="button" class="small" aria-label={`Remove ${file.key}`} onClick={() => setAsking(true)}>
        Remove …
      </button>
      {asking && (
        <Ask title={`Remove ${file.key}?`} confirm="Remove it" act={remove} close={() => setAsking(false)} stay>
          <p>
            No later retraining reads the file.{" "}
            {file.outcome === "rejected" ? "Nothing of it was ingested." : "What was ingested of it stays in training sets."} The bucket keeps its
            version for 30 days. If another file has taken its place, that one stays.
          </p>
        </Ask>
      )}
    </>
  );
}
