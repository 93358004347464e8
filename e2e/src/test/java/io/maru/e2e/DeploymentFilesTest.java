package io.maru.e2e;

import static io.maru.e2e.RepositoryFiles.SERVICES;
import static io.maru.e2e.RepositoryFiles.below;
import static io.maru.e2e.RepositoryFiles.file;
import static io.maru.e2e.RepositoryFiles.list;
import static io.maru.e2e.RepositoryFiles.map;
import static io.maru.e2e.RepositoryFiles.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.kubernetes.client.util.Yaml;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What deploys Maru agrees with Maru: names, ports and configuration keys, and the tools can read it. */
class DeploymentFilesTest {
    /** What the JVM and the native libraries read, rather than a service's configuration. */
    private static final Set<String> OF_THE_PROCESS =
            Set.of("JAVA_TOOL_OPTIONS", "TF_CPP_MIN_LOG_LEVEL", "MALLOC_ARENA_MAX");

    private static final String KUSTOMIZATION = "kustomization.yaml";
    /** A form to fill in, which nobody may apply as it is. */
    private static final Path SECRET_EXAMPLE = file("k8s/secret.example.yaml");

    private static final Pattern METRIC = Pattern.compile("maru_[a-z_]+");
    /** Set to true, the tables in docs/ become what the sources say now. */
    private static final String RECORD = "maru.record";

    @TempDir
    private Path folder;

    static List<Path> manifests() {
        return below(file("k8s"), ".yaml").stream()
                .filter(file -> !file.endsWith(KUSTOMIZATION))
                .filter(file -> RepositoryFiles.yaml(read(file)).get(0) instanceof Map)
                .toList();
    }

    static List<Path> kustomizations() {
        return Stream.of("k8s", "infra/kafka", "infra/postgres")
                .flatMap(folder -> below(file(folder), KUSTOMIZATION).stream())
                .toList();
    }

    static List<DeployedContainer> containers() {
        return Stream.concat(DeployedContainer.ofCompose().stream(), DeployedContainer.ofKubernetes().stream())
                .toList();
    }

    static List<DeployedContainer> serviceContainers() {
        return containers().stream()
                .filter(container -> !container.service().isEmpty())
                .toList();
    }

    static List<DeployedContainer> configuredContainers() {
        return Stream.concat(serviceContainers().stream(), DeployedContainer.patchedByKubernetes().stream())
                .toList();
    }

    static List<String> overlays() {
        return List.of("k8s/base", "k8s/overlays/local", "k8s/overlays/gpu");
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void kubernetesKnowsEveryFieldOfAManifest(Path manifest) throws IOException {
        assertThat(Yaml.loadAll(new StringReader(read(manifest)))).hasSameSizeAs(RepositoryFiles.yaml(read(manifest)));
    }

    @ParameterizedTest
    @MethodSource("kustomizations")
    void aKustomizationNamesFilesThatExist(Path kustomization) {
        assertThat(referencedBy(kustomization)).isNotEmpty().allSatisfy(reference -> assertThat(reference)
                .exists());
    }

    @Test
    void everyFileOfK8sIsReachedFromAnOverlay() {
        Set<Path> reached = new LinkedHashSet<>();
        Deque<Path> waiting = new ArrayDeque<>(below(file("k8s/overlays"), KUSTOMIZATION));
        while (!waiting.isEmpty()) {
            Path next = waiting.remove();
            if (reached.add(next) && next.endsWith(KUSTOMIZATION)) {
                waiting.addAll(referencedBy(next));
            }
        }
        List<Path> files = new ArrayList<>(below(file("k8s"), ""));
        files.remove(SECRET_EXAMPLE);
        assertThat(reached).containsAll(files);
    }

    private static List<Path> referencedBy(Path kustomization) {
        Object yaml = RepositoryFiles.yaml(read(kustomization)).get(0);
        List<String> names = new ArrayList<>(RepositoryFiles.<String>list(yaml, "resources"));
        for (Object patch : list(yaml, "patches")) {
            if (map(patch).get("path") instanceof String path) {
                names.add(path);
            }
        }
        for (Object generator : list(yaml, "configMapGenerator")) {
            names.addAll(list(generator, "files"));
        }
        return names.stream()
                .map(name -> kustomization.resolveSibling(name).normalize())
                .map(path -> Files.isDirectory(path) ? path.resolve(KUSTOMIZATION) : path)
                .toList();
    }

    @ParameterizedTest
    @MethodSource("overlays")
    void kubectlBuildsWhatKubernetesKnows(String overlay) throws IOException, InterruptedException {
        assumeThat(isInstalled("kubectl", "version", "--client"))
                .as("kubectl: not installed, so its own reading of %s is not checked", overlay)
                .isTrue();
        String built = output(List.of("kubectl", "kustomize", file(overlay).toString()), Map.of());
        assertThat(Yaml.loadAll(new StringReader(built))).hasSizeGreaterThan(SERVICES.size());
    }

    @Test
    void dockerComposeReadsItsFile() throws IOException, InterruptedException {
        assumeThat(isInstalled("docker-compose", "version"))
                .as("docker-compose: not installed, so its own reading of docker-compose.yml is not checked")
                .isTrue();
        Map<String, String> filledIn = Map.of(
                "POSTGRES_PASSWORD", "one",
                "MARU_DATABASE_PASSWORD", "two",
                "MARU_OBJECT_STORE_SECRET_KEY", "three",
                "GRAFANA_PASSWORD", "four",
                "COMPOSE_PROFILES", "cpu,gpu,observe");
        String services = output(
                List.of("docker-compose", "-f", file("docker-compose.yml").toString(), "config", "--services"),
                filledIn);
        assertThat(services.lines()).containsAll(SERVICES);
    }

    /** An indexed Job starts a pod again under its index, and leaves those that run alone. */
    @Test
    void workersOfAGpuOverlayAreAnIndexedJobWithAGpuEach() {
        Object job = RepositoryFiles.yaml(read(file("k8s/overlays/gpu/workers.yaml")))
                .get(0);
        assertThat(map(job)).containsEntry("kind", "Job");
        assertThat(map(job, "spec"))
                .containsEntry("completionMode", "Indexed")
                .containsEntry("parallelism", map(job, "spec").get("completions"));
        assertThat(RepositoryFiles.<Object>list(map(job, "spec", "template", "spec"), "containers"))
                .singleElement()
                .satisfies(container -> {
                    assertThat(map(container, "resources", "limits")).containsEntry("nvidia.com/gpu", 1);
                    assertThat(list(container, "env"))
                            .contains(
                                    Map.of("name", "MARU_TRAINING_LEADS", "value", "false"),
                                    Map.of("name", "MARU_TRAINING_SEATS", "value", "1"));
                });
    }

    @Test
    void composeAndKubernetesHaveAllSevenServices() {
        assertThat(DeployedContainer.ofCompose())
                .extracting(DeployedContainer::name)
                .containsAll(SERVICES);
        assertThat(DeployedContainer.ofKubernetes())
                .extracting(DeployedContainer::name)
                .containsAll(SERVICES);
    }

    @ParameterizedTest
    @MethodSource("serviceContainers")
    void aContainerHasThePortOfItsService(DeployedContainer container) {
        assertThat(container.port()).isEqualTo(port(container.service()));
    }

    @Test
    void prometheusScrapesEveryServiceOnItsPort() {
        Object prometheus = RepositoryFiles.yaml(read(file("infra/prometheus/prometheus.yml")))
                .get(0);
        Object targets = list(list(prometheus, "scrape_configs").get(0), "static_configs")
                .get(0);
        assertThat(RepositoryFiles.<String>list(targets, "targets"))
                .containsExactlyInAnyOrderElementsOf(SERVICES.stream()
                        .map(service -> service + ":" + port(service))
                        .toList());
    }

    @Test
    void composePublishesPortsOnLoopbackOnlyAndServicesOnTheirOwn() {
        Object compose = RepositoryFiles.yaml(read(file("docker-compose.yml"))).get(0);
        map(compose, "services").forEach((name, service) -> {
            List<String> ports = list(service, "ports");
            assertThat(ports).allSatisfy(port -> assertThat(port).startsWith("127.0.0.1:"));
            if (SERVICES.contains(name)) {
                assertThat(ports).containsExactly(String.format(Locale.ROOT, "127.0.0.1:%1$d:%1$d", port(name)));
            }
        });
    }

    @ParameterizedTest
    @MethodSource("containers")
    void anImageIsPinned(DeployedContainer container) {
        assertThat(container.image()).matches("[a-z0-9./-]+:[A-Za-z0-9._-]+").doesNotEndWith(":latest");
    }

    @ParameterizedTest
    @MethodSource("configuredContainers")
    void everyVariableConfiguresTheServiceThatGetsIt(DeployedContainer container) {
        Set<String> unknown = new TreeSet<>(container.environment());
        unknown.removeAll(OF_THE_PROCESS);
        unknown.removeAll(ConfigurationKey.environmentNames(container.service()));
        assertThat(unknown).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("serviceContainers")
    void aServiceThatAsksAnotherIsToldWhereItIs(DeployedContainer container) {
        assertThat(ConfigurationKey.properties(container.service()).stringPropertyNames().stream()
                        .filter(key -> key.matches("quarkus\\.grpc\\.clients\\.[a-z]+\\.host"))
                        .map(ConfigurationKey::environmentName))
                .allSatisfy(host -> assertThat(container.environment()).contains(host));
    }

    @Test
    void everyVariableThatTheSupervisorSetsConfiguresSomeService() {
        Set<String> known = new TreeSet<>(OF_THE_PROCESS);
        SERVICES.forEach(service -> known.addAll(ConfigurationKey.environmentNames(service)));
        String source = read(file("cli/src/main/java/io/maru/cli/stack/Supervisor.java"));

        assertThat(matches("\"((?:QUARKUS|KAFKA|MARU|MP|TF|MALLOC)_[A-Z0-9_]*[A-Z0-9])\"", source))
                .isNotEmpty()
                .isSubsetOf(known);
        // "A_" + service.name() + "_B" is one variable for each service, of which some service must know one.
        Matcher made = Pattern.compile("\"([A-Z][A-Z0-9_]*_)\" \\+ \\w+\\.name\\(\\) \\+ \"(_[A-Z0-9_]+)\"")
                .matcher(source);
        List<String> shapes = new ArrayList<>();
        while (made.find()) {
            String pattern = made.group(1) + "(CONTROL|INGESTION|TOKENIZATION|TRAINING|CHECKPOINT|EVALUATION|INFERENCE)"
                    + made.group(2);
            shapes.add(pattern);
            assertThat(known).as(pattern).anyMatch(name -> name.matches(pattern));
        }
        assertThat(shapes).isNotEmpty();
    }

    @Test
    void theDashboardShowsMetricsThatExist() {
        Set<String> registered = new TreeSet<>();
        for (String service : SERVICES) {
            below(file("services/" + service + "/src/main/java"), ".java")
                    .forEach(source -> registered.addAll(matches("\"(" + METRIC.pattern() + ")\"", read(source))));
        }
        assertThat(matches("(" + METRIC.pattern() + ")", read(file("infra/grafana/dashboards/maru.json"))))
                .isNotEmpty()
                .allSatisfy(shown -> assertThat(registered)
                        .contains(shown.replaceFirst("(_seconds)?(_sum|_count|_max)$|_seconds$|_total$", "")));
    }

    @Test
    void theDocumentedKeysAreThoseOfTheSources() {
        Path operations = file("docs/operations.md");
        String documented = read(operations);
        String current = documented.replaceFirst(
                "(?s)(<!-- keys, written by DeploymentFilesTest -->\n).*(\n<!-- end of keys -->)",
                "$1" + Matcher.quoteReplacement(ConfigurationKey.table()) + "$2");
        if (Boolean.getBoolean(RECORD)) {
            ConfigurationKey.write(operations, current);
            documented = current;
        }
        assertThat(documented)
                .as("docs/operations.md: run this test with -D%s=true to write the keys anew", RECORD)
                .isEqualTo(current);
    }

    @ParameterizedTest
    @MethodSource("configuredContainers")
    void everyVariableIsDocumented(DeployedContainer container) {
        String operations = read(file("docs/operations.md"));
        Set<String> documented = new TreeSet<>();
        matches("`([a-z0-9.-]+\\.[a-z0-9.-]+)`", operations)
                .forEach(key -> documented.add(ConfigurationKey.environmentName(key)));
        documented.addAll(matches("`([A-Z][A-Z0-9_]+)`", operations));
        assertThat(container.environment()).allSatisfy(name -> assertThat(documented)
                .contains(name.replaceFirst("(QUARKUS_GRPC_CLIENTS_)[A-Z]+(_HOST|_PORT)", "$1SERVICE$2")));
    }

    private static int port(String service) {
        return Integer.parseInt(ConfigurationKey.properties(service).getProperty("quarkus.http.port"));
    }

    private static Set<String> matches(String pattern, String text) {
        Set<String> matches = new TreeSet<>();
        Matcher matcher = Pattern.compile(pattern).matcher(text);
        while (matcher.find()) {
            matches.add(matcher.group(1));
        }
        return matches;
    }

    private boolean isInstalled(String... command) throws InterruptedException {
        try {
            output(List.of(command), Map.of());
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** @throws IOException where there is no such command */
    private String output(List<String> command, Map<String, String> environment)
            throws IOException, InterruptedException {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(out.toFile())
                .redirectError(err.toFile());
        builder.environment().putAll(environment);
        Process process = builder.start();
        boolean ended = process.waitFor(60, TimeUnit.SECONDS);
        if (!ended) {
            process.destroyForcibly();
        }
        assertThat(ended).as(command.toString()).isTrue();
        assertThat(process.exitValue()).as(read(err)).isZero();
        return read(out);
    }
}
