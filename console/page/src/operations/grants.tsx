// Permissions of the stack's roles that no test ever used, with the reasons why they are there.

import { Panel } from "../panel";
import { Empty } from "../parts";
import { Table } from "../table";
import { count } from "../words";

interface Answer {
  roles: number;
  statements: number;
  unused: { role: string; statement: string; action: string; reason: string }[];
}

export const TITLE = "Permissions that no test used";

export function Grants() {
  return (
    <Panel<Answer> title={TITLE} path="operations/grants" asking="Asking IAM for each role …"
      button="List these permissions"
      about="What the stack's roles may do, but no test of the project ever did, with the reason why each is there. It takes some seconds, and costs nothing."
    >
      {(answer) => (
        <>
          <p>
            {count(answer.roles, "role has", "roles have")} {count(answer.statements, "statement", "statements")}. Of what they allow,{" "}
            {count(answer.unused.length, "permission was", "permissions were")} never used by a test.
          </p>
          {answer.unused.length === 0 ? (
            <Empty>Each permission of each role is used. `wildrydes iam` lists them.</Empty>
          ) : (
            <Table
              tall
              label={TITLE}
              head={["Role", "Statement", "May", "Why it is there"]}
              rows={answer.unused.map((each) => [each.role, each.statement, each.action, each.reason])}
            />
          )}
        </>
      )}
    </Panel>
  );
}
