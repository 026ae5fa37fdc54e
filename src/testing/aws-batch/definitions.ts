import { clientFailure, ServiceFailure } from "./failure.js";
import type * as requests from "./requests.js";
import { sizeOf } from "./sizes.js";

/** One revision of a job definition. */
export interface Revision {
  readonly arn: string;
  readonly revision: number;
  readonly body: requests.Definition;
}

/** Job definitions: every registration makes a revision, also of what is the same as before. */
export class DefinitionBook {
  /** Revisions by name, the oldest first. */
  readonly byName = new Map<string, readonly Revision[]>();
  readonly #arnOf: (name: string) => string;
  readonly #roles: readonly string[] | undefined;

  /**
   * @param arnOf the ARN of `name:revision`
   * @param roles those that may be passed; absent: all
   */
  constructor(arnOf: (name: string) => string, roles?: readonly string[]) {
    this.#arnOf = arnOf;
    this.#roles = roles;
  }

  /** @throws ServiceFailure */
  register(body: requests.Definition): object {
    const { jobDefinitionName: name, containerProperties, platformCapabilities } = body;
    const platform = platformCapabilities[0] === "FARGATE" ? "fargate" : "ec2";
    sizeOf(platform, containerProperties.resourceRequirements, []);
    if (platform === "fargate" && containerProperties.executionRoleArn === undefined)
      throw clientFailure("EXECUTIONROLE: executionRoleArn is required for Fargate jobs.");
    if (platform === "ec2" && containerProperties.networkConfiguration !== undefined)
      throw clientFailure("networkConfiguration is not applicable for EC2.");
    for (const role of [containerProperties.jobRoleArn, containerProperties.executionRoleArn]) this.#pass(role);
    const revisions = this.byName.get(name) ?? [];
    const revision = revisions.length + 1;
    const arn = this.#arnOf(`${name}:${revision}`);
    this.byName.set(name, [...revisions, { arn, revision, body }]);
    return { jobDefinitionName: name, jobDefinitionArn: arn, revision };
  }

  #pass(role: string | undefined): void {
    if (role === undefined || this.#roles === undefined || this.#roles.includes(role)) return;
    const user = "arn:aws:iam::123456789012:user/scheduler";
    throw new ServiceFailure(403, "AccessDeniedException", `User: ${user} is not authorized to perform: iam:PassRole on resource: ${role}`);
  }

  /** The most recent first. */
  describe({ jobDefinitionName, jobDefinitions, maxResults }: requests.DefinitionQuery): object {
    const all = [...this.byName].flatMap(([name, revisions]) => revisions.map((revision) => ({ name, ...revision })));
    const isNamed = (name: string): boolean => jobDefinitionName === undefined || name === jobDefinitionName;
    const isListed = (arn: string): boolean => jobDefinitions === undefined || jobDefinitions.includes(arn);
    const found = all.filter(({ name, arn }) => isNamed(name) && isListed(arn)).reverse();
    return {
      jobDefinitions: found.slice(0, maxResults).map(({ name, arn, revision, body }) => ({
        jobDefinitionName: name,
        jobDefinitionArn: arn,
        revision,
        status: "ACTIVE",
        type: "container",
        containerProperties: body.containerProperties,
      })),
    };
  }

  find(arn: string): Revision | undefined {
    return [...this.byName.values()].flat().find((revision) => revision.arn === arn);
  }
}
