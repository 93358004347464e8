package io.maru.platform.work;

/**
 * A lease on one piece of work.
 *
 * @param name the resource, as in {@code corpora/{corpus}}
 * @param attempt counts from 1; above 1 an earlier worker died or gave up
 */
public record Claim(String name, String kind, String owner, int attempt) {}
