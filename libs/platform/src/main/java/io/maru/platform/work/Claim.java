package io.maru.platform.work;

/**
 * A lease on one piece of work.
 *
 * @param name the resource, as in {@code workspaces/{workspace}/corpora/{corpus}}
 * @param owner of this claim alone: two claims never share one, be they made in one process
 * @param attempt counts from 1; above 1 an earlier one failed, or its worker died
 * @param traceparent W3C Trace Context of the call that offered the work; may be empty
 */
public record Claim(String name, String kind, String owner, int attempt, String traceparent) {}
