package io.maru.cli;

import io.maru.cli.run.LineageDrawing;
import io.maru.cli.run.LineageTree;
import io.maru.cli.run.Services;
import io.maru.control.v1.GetLineageRequest;
import io.maru.control.v1.Lineage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "lineage",
        description =
                "What something was made of, back to the sources; of a document, which models learnt from it and in how many steps.",
        mixinStandardHelpOptions = true)
final class LineageCommand implements Callable<Integer> {
    @Mixin
    CommonOptions options;

    @Parameters(
            paramLabel = "NAME",
            description =
                    "models/NAME/versions/N, runs/RUN/checkpoints/NAME, datasets/NAME, corpora/NAME, or corpora/NAME/documents/ID.")
    String name;

    @Option(names = "--svg", paramLabel = "FILE", description = "Draw it into this file too.")
    Path svg;

    @Override
    public Integer call() {
        Output output = options.output();
        Lineage lineage;
        try (Services services = options.connect()) {
            lineage = services.control()
                    .getLineage(GetLineageRequest.newBuilder().setName(name).build());
        }
        LineageTree.print(lineage, output);
        if (svg != null) {
            try {
                Files.writeString(svg, LineageDrawing.svg(lineage));
            } catch (IOException e) {
                throw CommandFailure.failed("INPUT_OUTPUT", svg + ": " + CommandFailure.problem(e));
            }
        }
        output.result(report(lineage));
        return 0;
    }

    private static Map<String, Object> report(Lineage lineage) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put(
                "nodes",
                lineage.getNodesList().stream()
                        .map(node -> Map.of(
                                "name", node.getName(),
                                "kind", node.getKind(),
                                "facts", new TreeMap<>(node.getFactsMap())))
                        .toList());
        List<Map<String, String>> edges = lineage.getEdgesList().stream()
                .map(edge -> Map.of("made", edge.getMade(), "of", edge.getOf(), "how", edge.getHow()))
                .toList();
        report.put("edges", edges);
        return report;
    }
}
