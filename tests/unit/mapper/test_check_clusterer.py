"""What is checked of a clusterer before anything runs."""

import json

import pytest
from actopo.errors import InputError
from actopo.mapper.check_clusterer import find


def test_a_clusterer_and_its_parameters():
    find(json.dumps([{"path": "sklearn.cluster.HDBSCAN", "params": {"min_cluster_size": 20}, "min_points": 20}]))
    find(json.dumps([{"path": "sklearn.cluster.KMeans"}]))
    with pytest.raises(InputError, match=r"there is no clusterer 'sklearn\.cluster\.HDBSCANS'"):
        find(json.dumps([{"path": "sklearn.cluster.HDBSCANS"}]))
    with pytest.raises(InputError, match="does not take these parameters"):
        find(json.dumps([{"path": "sklearn.cluster.HDBSCAN", "params": {"min_cluster_size": -1}}]))
    with pytest.raises(InputError, match="does not take these parameters"):
        find(json.dumps([{"path": "sklearn.cluster.KMeans", "params": {"n_cluster": 3}}]))
