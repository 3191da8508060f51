// A ride file that was refused, taken out of the bucket: whoever asks for it is told first what that does.

import { type ComponentChildren, createContext } from "preact";
import { useContext, useRef, useState } from "preact/hooks";
import { post } from "../api";
import { Ask } from "../parts";

interface Props {
  file: { key: string; etag: string; outcome: string };
}

interface Removed {
  files: string[];
  add: (file: string) => void;
}

const Context = createContext<Removed>({ files: [], add: () => {} });

/** Remembers, for as long as the page is open, which files were removed: retrainings that are chosen later say it too. */
export function Removals({ children }: { children: ComponentChildren }) {
  const [files, setFiles] = useState<string[]>([]);
  return <Context.Provider value={{ files, add: (file) => setFiles((before) => [...before, file]) }}>{children}</Context.Provider>;
}

export function Removal({ file }: Props) {
  const [asking, setAsking] = useState(false);
  const { files, add } = useContext(Context);
  const end = useRef<HTMLSpanElement>(null);
  // Another file may come to have the key.
  const name = JSON.stringify([file.key, file.etag]);
  const remove = async () => {
    await post("data/remove", { key: file.key, etag: file.etag });
    add(name);
  };
  // The button that would get the focus back is gone once the file is.
  const close = () => {
    setAsking(false);
    end.current?.focus();
  };
  return (
    <>
      {files.includes(name) ? (
        <span role="status" tabIndex={-1} ref={end}>
          removed
        </span>
      ) : (
        <button type="button" class="small" aria-label={`Remove ${file.key}`} onClick={() => setAsking(true)}>
          Remove …
        </button>
      )}
      {asking && (
        <Ask title={`Remove ${file.key}?`} confirm="Remove it" act={remove} close={close}>
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
