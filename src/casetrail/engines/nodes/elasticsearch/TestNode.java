package org.elasticsearch.node;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.http.HttpServerTransport;
import org.elasticsearch.plugins.ClassPathPlugins;
import org.elasticsearch.plugins.PluginsLoader;
import org.elasticsearch.plugins.PluginsService;

/**
 * One Elasticsearch node on loopback, for tests. Prints "listening ADDRESS" once it serves, and ends when standard input does.
 *
 * Arguments: a folder for its data, then the names of its plugins.
 */
public final class TestNode {
    public static void main(String[] args) throws Exception {
        // A class that is missing on the class path would otherwise leave a request without an answer.
        Thread.setDefaultUncaughtExceptionHandler((thread, error) -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
        });
        LogConfigurator.configureESLogging();
        Path home = Path.of(args[0]);
        Path empty = Files.createDirectories(home.resolve("no-plugins"));
        Files.createDirectories(home.resolve("config"));
        Settings settings = Settings.builder()
            .put("path.home", home.toString())
            .put("cluster.name", "casetrail")
            .put("node.name", "test")
            .put("discovery.type", "single-node")
            .put("network.host", "127.0.0.1")
            .put("http.port", "0")
            .put("transport.port", "0")
            .put("http.type", "netty4")
            .put("transport.type", "netty4")
            .put("cluster.routing.allocation.disk.threshold_enabled", false)
            .put("xpack.license.self_generated.type", "basic")
            .build();
        Environment environment = new Environment(settings, home.resolve("config"));
        PluginsLoader loader = new ClassPathPlugins(List.of(args).subList(1, args.length), empty);
        Node node = new Node(NodeConstruction.prepareConstruction(environment, loader, new Services(), true));
        node.start();
        System.out.println(
            "listening " + node.injector().getInstance(HttpServerTransport.class).boundAddress().publishAddress()
        );
        while (System.in.read() >= 0) {
        }
        Runtime.getRuntime().halt(0);
    }

    private static final class Services extends NodeServiceProvider {
        @Override
        PluginsService newPluginService(Environment initial, PluginsLoader loader) {
            return new OneClassLoader(initial.settings(), initial.configDir(), loader);
        }
    }

    /** All plugins share a class loader, so each would find the service providers of all. */
    private static final class OneClassLoader extends PluginsService {
        OneClassLoader(Settings settings, Path config, PluginsLoader loader) {
            super(settings, config, loader);
        }

        @Override
        public <T> List<? extends T> loadServiceProviders(Class<T> service) {
            Set<Class<?>> seen = new HashSet<>();
            List<T> found = new ArrayList<>();
            for (T provider : super.loadServiceProviders(service)) {
                if (seen.add(provider.getClass())) {
                    found.add(provider);
                }
            }
            return found;
        }
    }
}
