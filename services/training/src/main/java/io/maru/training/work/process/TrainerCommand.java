package io.maru.training.work.process;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Starts a trainer process by the same Java, from the same jars as this one. */
record TrainerCommand(List<String> words) {
    /** What Quarkus starts a packaged service from; it has a class loader of its own, which knows where the jars are. */
    private static final String PACKAGED = "quarkus-run.jar";
    /** Options of this JVM that the other one needs too: where the natives are, and how much memory there is. */
    private static final List<String> INHERITED = List.of(
            "-Dorg.bytedeco.", "-Djava.library.path=", "-Xmx", "-XX:+ExitOnOutOfMemoryError", "--enable-native-access");

    /** @param what it is, which it does not read */
    static TrainerCommand ofThisProcess(String... what) {
        List<String> words = new ArrayList<>();
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        // With both compilers: the first one alone takes ten times as long for the digests of what is saved.
        words.add("-XX:+UseSerialGC");
        // TensorFlow counts the nodes of a graph in the digits of the default locale, and refuses any but plain ones.
        words.add("-Duser.language=en");
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> INHERITED.stream().anyMatch(option::startsWith))
                .forEach(words::add);
        words.addAll(List.of("-cp", classPath(System.getProperty("java.class.path")), TrainerMain.class.getName()));
        words.addAll(List.of(what));
        return new TrainerCommand(words);
    }

    static String classPath(String ours) {
        Path jar = Path.of(ours.split(java.io.File.pathSeparator, 2)[0]).toAbsolutePath();
        if (!jar.endsWith(PACKAGED)) {
            return ours;
        }
        return Stream.of("app", "lib/main", "lib/boot")
                .map(folder -> jar.resolveSibling(folder) + "/*")
                .reduce((one, other) -> one + java.io.File.pathSeparator + other)
                .orElseThrow();
    }
}
