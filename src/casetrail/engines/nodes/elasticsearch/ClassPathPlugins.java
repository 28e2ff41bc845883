package org.elasticsearch.plugins;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Finds plugins by their descriptors on the class path, where a distribution would have a folder for each. */
public final class ClassPathPlugins extends PluginsLoader {
    private record Layer(PluginBundle pluginBundle, ClassLoader pluginClassLoader, ModuleLayer pluginModuleLayer)
        implements PluginLayer {}

    private final List<PluginLayer> layers = new ArrayList<>();

    /**
     * @param names the plugins' names
     * @param empty a folder without jars, which stands for each plugin's own
     */
    public ClassPathPlugins(List<String> names, Path empty) throws IOException {
        super(Set.of(), Set.of(), Map.of());
        Map<String, PluginDescriptor> found = new TreeMap<>();
        for (String name : names) {
            found.put(name, descriptor(name));
        }
        Map<String, PluginDescriptor> ordered = new LinkedHashMap<>();
        for (String name : found.keySet()) {
            parentsFirst(name, found, ordered);
        }
        for (PluginDescriptor plugin : ordered.values()) {
            PluginDescriptor reachable = withParents(plugin, plugin.getExtendedPlugins().stream().filter(found::containsKey).toList());
            layers.add(new Layer(new PluginBundle(reachable, empty), getClass().getClassLoader(), ModuleLayer.boot()));
        }
    }

    @Override
    public Stream<PluginLayer> pluginLayers() {
        return layers.stream();
    }

    private static PluginDescriptor descriptor(String name) throws IOException {
        String path = "META-INF/es-plugins/" + name + "/plugin-descriptor.properties";
        for (URL url : Collections.list(ClassPathPlugins.class.getClassLoader().getResources(path))) {
            try (InputStream in = url.openStream()) {
                return PluginDescriptor.readInternalDescriptorFromStream(in);
            }
        }
        throw new IOException("no " + path + " on the class path");
    }

    private static void parentsFirst(String name, Map<String, PluginDescriptor> found, Map<String, PluginDescriptor> ordered) {
        PluginDescriptor plugin = found.get(name);
        if (plugin == null || ordered.containsKey(name)) {
            return;
        }
        plugin.getExtendedPlugins().forEach(parent -> parentsFirst(parent, found, ordered));
        ordered.put(name, plugin);
    }

    private static PluginDescriptor withParents(PluginDescriptor plugin, List<String> parents) {
        return new PluginDescriptor(
            plugin.getName(), plugin.getDescription(), plugin.getVersion(), plugin.getElasticsearchVersion(), plugin.getJavaVersion(),
            plugin.getClassname(), null, parents, plugin.hasNativeController(), plugin.isLicensed(), false, false
        );
    }
}
