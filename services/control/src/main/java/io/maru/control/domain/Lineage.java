package io.maru.control.domain;

import java.util.List;
import java.util.Map;

/**
 * A graph of what was made of what.
 *
 * @param nodes the one that was asked for first
 */
public record Lineage(List<Node> nodes, List<Edge> edges) {
    /**
     * Something that was made, or that came from outside.
     *
     * @param name in full
     * @param kind as in {@code model version} or {@code document}
     * @param facts in words, by what they are about
     */
    public record Node(String name, String kind, Map<String, String> facts) {
        public Node {
            facts = Map.copyOf(facts);
        }
    }

    /**
     * @param made name of the node that was made
     * @param of name of the node that it was made of
     * @param how in words; may be empty
     */
    public record Edge(String made, String of, String how) {}

    public Lineage {
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
    }
}
